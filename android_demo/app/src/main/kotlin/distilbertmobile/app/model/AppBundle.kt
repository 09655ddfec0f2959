package distilbertmobile.app.model

import android.content.Context
import distilbertmobile.app.qa.ModelSource
import distilbertmobile.core.Bundle
import distilbertmobile.core.BundleKey
import java.io.FileNotFoundException
import java.io.InputStream

private const val KEY = "public.pem"

private fun asset(context: Context, name: String): InputStream? = try {
    context.assets.open(name)
} catch (absent: FileNotFoundException) {
    null
}

/**
 * Who must have signed the bundles of this app: the key in its assets, null where it has none.
 *
 * @throws BundleException for a file that is no key, which must not leave bundles unchecked
 */
fun bundleKey(context: Context): BundleKey? = asset(context, KEY)?.use { BundleKey.parse(String(it.readBytes()), KEY) }

/** The store of the bundle in this app's assets, kept in its private files. */
fun bundleStore(context: Context) = BundleStore({ asset(context, "bundle/$it") }, context.filesDir, bundleKey(context))

/** Models of the app's own bundle. */
class AppModels(private val context: Context) : ModelSource {
    override fun load(progress: (Long, Long) -> Unit): Bundle = bundleStore(context).load(progress)

    override fun open(bundle: Bundle, runtime: String, threads: Int): Model = openModel(bundle, runtime, threads, context.cacheDir)
}
