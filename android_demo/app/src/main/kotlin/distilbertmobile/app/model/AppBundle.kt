package distilbertmobile.app.model

import android.content.Context
import distilbertmobile.app.qa.ModelSource
import distilbertmobile.core.Bundle
import java.io.FileNotFoundException

/** The store of the bundle in this app's assets, kept in its private files. */
fun bundleStore(context: Context): BundleStore {
    val assets = context.assets
    val shipped = Shipped { name ->
        try {
            assets.open("bundle/$name")
        } catch (absent: FileNotFoundException) {
            null
        }
    }
    return BundleStore(shipped, context.filesDir)
}

/** Models of the app's own bundle. */
class AppModels(private val context: Context) : ModelSource {
    override fun load(progress: (Long, Long) -> Unit): Bundle = bundleStore(context).load(progress)

    override fun open(bundle: Bundle, runtime: String, threads: Int): Model = openModel(bundle, runtime, threads, context.cacheDir)
}
