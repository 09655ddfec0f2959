package distilbertmobile.app.about

import android.app.Activity
import android.os.Bundle
import android.view.LayoutInflater
import android.view.View
import android.view.ViewGroup
import android.widget.TextView
import distilbertmobile.app.R
import distilbertmobile.app.model.bundleStore
import distilbertmobile.app.part
import kotlin.concurrent.thread

/** The model's card and the licences. */
class AboutActivity : Activity() {
    override fun onCreate(saved: Bundle?) {
        super.onCreate(saved)
        setContentView(R.layout.activity_about)
        part<View>(R.id.back).setOnClickListener { finish() }
        val app = applicationContext
        thread(name = "about") {
            val card = try {
                bundleStore(app).load().let { modelCard(it.manifest, it.isSigned) }
            } catch (fault: Exception) {
                listOf(Section(app.getString(R.string.no_model), listOf("${fault.message}")))
            }
            runOnUiThread { if (!isDestroyed) show(card) }
        }
    }

    private fun show(card: List<Section>) {
        val list = part<ViewGroup>(R.id.card)
        list.removeAllViews()
        for (section in card) {
            list.add(R.layout.heading, section.title)
            for (line in section.lines) list.add(R.layout.line, line)
        }
    }

    private fun ViewGroup.add(layout: Int, text: String) {
        val view = LayoutInflater.from(context).inflate(layout, this, false) as TextView
        view.text = text
        addView(view)
    }
}
