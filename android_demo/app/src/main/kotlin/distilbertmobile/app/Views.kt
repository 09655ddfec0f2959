package distilbertmobile.app

import android.app.Activity
import android.view.View

/** The view with this id; its absence is a mistake in the layout. */
inline fun <reified T : View> View.part(id: Int): T {
    val found: View = findViewById(id)
    return found as T
}

inline fun <reified T : View> Activity.part(id: Int): T = window.decorView.part(id)
