package distilbertmobile.app.qa

import android.app.Activity
import android.content.Intent
import android.os.Bundle
import android.os.Handler
import android.os.Looper
import distilbertmobile.app.R
import distilbertmobile.app.about.AboutActivity
import distilbertmobile.app.model.AppModels
import java.util.concurrent.Executor
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.ThreadPoolExecutor
import java.util.concurrent.TimeUnit

/** The question screen; its view model outlives a rotation. */
class QaActivity : Activity() {
    private lateinit var viewModel: QaViewModel

    override fun onCreate(saved: Bundle?) {
        super.onCreate(saved)
        setContentView(R.layout.activity_qa)
        @Suppress("DEPRECATION") // Android took that back in a later version
        val kept = lastNonConfigurationInstance as? QaViewModel
        viewModel = kept ?: newViewModel(saved)
        val screen = QaScreen(window.decorView, viewModel) { startActivity(Intent(this, AboutActivity::class.java)) }
        viewModel.listener = screen::show
        if (kept == null) viewModel.start()
    }

    private fun newViewModel(saved: Bundle?): QaViewModel {
        val handler = Handler(Looper.getMainLooper())
        // One thread, which ends when there is nothing to do for a while.
        val worker = ThreadPoolExecutor(1, 1, 10, TimeUnit.SECONDS, LinkedBlockingQueue()).apply { allowCoreThreadTimeOut(true) }
        val made = QaViewModel(AppModels(applicationContext), worker, Executor { handler.post(it) })
        val sample = samples.first()
        val passage = saved?.getString(PASSAGE) ?: sample.passage
        made.setPassage(passage, samples.firstOrNull { it.passage == passage }?.questions.orEmpty())
        made.setQuestion(saved?.getString(QUESTION) ?: sample.questions.first())
        return made
    }

    @Suppress("OVERRIDE_DEPRECATION")
    override fun onRetainNonConfigurationInstance(): Any = viewModel

    override fun onSaveInstanceState(state: Bundle) {
        super.onSaveInstanceState(state)
        // For when the process is ended in the background. A text of any length would break the app.
        if (viewModel.state.passage.length <= LONGEST_SAVED) state.putString(PASSAGE, viewModel.state.passage)
        if (viewModel.state.question.length <= LONGEST_SAVED) state.putString(QUESTION, viewModel.state.question)
    }

    override fun onDestroy() {
        viewModel.listener = null
        if (!isChangingConfigurations) viewModel.close()
        super.onDestroy()
    }

    private companion object {
        const val PASSAGE = "passage"
        const val QUESTION = "question"
        const val LONGEST_SAVED = 50_000
    }
}
