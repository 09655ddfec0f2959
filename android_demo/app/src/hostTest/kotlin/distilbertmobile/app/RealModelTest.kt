package distilbertmobile.app

import distilbertmobile.app.model.BundleStore
import distilbertmobile.app.model.Model
import distilbertmobile.app.qa.ModelSource
import distilbertmobile.app.qa.Phase
import distilbertmobile.app.qa.QaViewModel
import distilbertmobile.app.qa.samples
import distilbertmobile.core.Bundle
import distilbertmobile.host.LiteRt
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Assumptions.assumeTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.io.FileNotFoundException

/** The app without its screen, on the bundle that ships and LiteRT for this computer. */
class RealModelTest {
    @TempDir
    lateinit var home: File

    private val shipped = File(System.getProperty("model") ?: "no such folder", "bundle")

    private val source = object : ModelSource {
        override fun load(progress: (Long, Long) -> Unit): Bundle = BundleStore({ name ->
            try {
                File(shipped, name).inputStream()
            } catch (absent: FileNotFoundException) {
                null
            }
        }, home, key = null).load(progress)

        override fun open(bundle: Bundle, runtime: String, threads: Int): Model {
            val host = LiteRt(System.getProperty("litert"), bundle.modelFile(runtime).path, bundle.model(runtime).call)
            return object : Model, distilbertmobile.core.SpanModel by host, distilbertmobile.core.GoldenRunner by host {
                override fun close() = Unit
            }
        }
    }

    @Test
    fun `the app answers its samples from the passage, the long one too`() {
        assumeTrue(File(shipped, "manifest.json").isFile && File(System.getProperty("litert") ?: "").isFile, "no exported model or no LiteRT")
        val now = java.util.concurrent.Executor { it.run() }
        val viewModel = QaViewModel(source, now, now)
        viewModel.start()
        assertEquals(Phase.Ready, viewModel.state.phase)
        for (sample in samples) {
            for (question in sample.questions) {
                viewModel.setPassage(sample.passage)
                viewModel.setQuestion(question)
                viewModel.ask()
                val reply = checkNotNull(viewModel.state.reply) { "no reply: ${viewModel.state.notice}" }
                val best = checkNotNull(reply.found.best)
                assertTrue(best.text in sample.passage)
                assertTrue(reply.latency.runMs > 0 && reply.latency.tokenizeMs > 0)
                println("${sample.title}: $question ${best.text} (${reply.latency.windows} windows)")
            }
        }
    }
}
