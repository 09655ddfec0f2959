package distilbertmobile.app

import distilbertmobile.app.model.BundleStore
import distilbertmobile.app.model.Model
import distilbertmobile.app.qa.ModelSource
import distilbertmobile.app.qa.Notice
import distilbertmobile.app.qa.Phase
import distilbertmobile.app.qa.QaState
import distilbertmobile.app.qa.QaViewModel
import distilbertmobile.core.Bundle
import distilbertmobile.core.BundleException
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File

class QaViewModelTest {
    @TempDir
    lateinit var home: File

    private inner class FakeSource : ModelSource {
        val opened = ArrayList<FakeModel>()
        var broken: String? = null
        var off = 0f

        override fun load(progress: (Long, Long) -> Unit): Bundle = BundleStore(FakeAssets.golden(), home, key = null).load(progress)

        override fun open(bundle: Bundle, runtime: String, threads: Int): Model {
            if (runtime == broken) throw BundleException("no $runtime here")
            return FakeModel(runtime, threads).also {
                it.off = off
                opened += it
            }
        }
    }

    private val source by lazy { FakeSource() }
    private val worker = StepExecutor()
    private val main = StepExecutor()
    private val viewModel by lazy { QaViewModel(source, worker, main) }
    private val state get() = viewModel.state

    private fun settle() = repeat(3) {
        worker.runAll()
        main.runAll()
    }

    private fun ready() {
        viewModel.start()
        settle()
        assertEquals(Phase.Ready, state.phase)
    }

    private fun ask(passage: String, question: String = "a") {
        viewModel.setPassage(passage)
        viewModel.setQuestion(question)
        viewModel.ask()
    }

    @Test
    fun `it starts with the first runtime of the bundle and lists all`() {
        ready()
        assertEquals(listOf("tflite", "pte"), state.runtimes)
        assertEquals("tflite", state.runtime)
        assertEquals(1, state.threads)
    }

    @Test
    fun `copying the bundle is shown`() {
        val phases = ArrayList<Phase>()
        viewModel.listener = { phases += it.phase }
        ready()
        assertTrue(phases.any { it is Phase.Preparing && it.done > 0 && it.done == it.all })
        assertTrue(phases.indexOf(Phase.Opening) in 1 until phases.indexOf(Phase.Ready))
    }

    @Test
    fun `the best answer is shown at its own place, not where the same word comes first`() {
        ready()
        source.opened.last().place = 5 // [CLS] a [SEP] b a >b< [SEP]
        ask("b a b")
        settle()
        val reply = assertNotNull2(state.reply)
        assertEquals("b", reply.shown?.text)
        assertEquals(4, reply.shown?.start)
        assertEquals(1, reply.latency.windows)
        assertEquals(Phase.Ready, state.phase)
    }

    @Test
    fun `one of the n best can be shown instead`() {
        ready()
        ask("b a b")
        settle()
        viewModel.show(1)
        assertEquals(state.reply?.found?.nBest?.get(1), state.reply?.shown)
        val before = state
        viewModel.show(999)
        assertEquals(before, state)
    }

    @Test
    fun `a passage of no known word and one without tokens end the waiting`() {
        ready()
        ask("\u0007 \u200b") // characters that the tokenizer drops
        settle()
        assertEquals(Phase.Ready, state.phase)
        assertNull(assertNotNull2(state.reply).shown)
        ask("😀 \uD83D 한국어")
        settle()
        assertEquals(Phase.Ready, state.phase)
        assertNotNull(state.reply)
    }

    @Test
    fun `nothing is asked without a question, without a passage or of a passage too long`() {
        ready()
        ask("b", question = " \n")
        assertEquals(Notice.EmptyQuestion, state.notice)
        ask(" ", question = "a")
        assertEquals(Notice.EmptyPassage, state.notice)
        ask("a".repeat(QaViewModel.LONGEST_PASSAGE + 1))
        assertEquals(Notice.LongPassage(QaViewModel.LONGEST_PASSAGE + 1, QaViewModel.LONGEST_PASSAGE), state.notice)
        settle()
        assertEquals(0, source.opened.last().runs)
    }

    @Test
    fun `a question that is asked before the model is ready is not lost from the screen`() {
        viewModel.start()
        ask("b a")
        settle()
        assertEquals("a", state.question)
        assertEquals("b a", state.passage)
        assertNull(state.reply)
    }

    @Test
    fun `a long passage is read in windows and each is told`() {
        ready()
        val seen = ArrayList<Phase>()
        viewModel.listener = { seen += it.phase }
        ask("b a ".repeat(600))
        settle()
        val windows = assertNotNull2(state.reply).latency.windows
        assertTrue(windows > 5)
        assertEquals((0..windows).toList(), seen.filterIsInstance<Phase.Asking>().filter { it.all == windows }.map { it.done })
    }

    @Test
    fun `cancelling stops at the next window and shows no answer`() {
        ready()
        val model = source.opened.last()
        model.beforeRun = { if (model.runs == 2) viewModel.cancel() }
        ask("b a ".repeat(600))
        settle()
        assertEquals(3, model.runs)
        assertNull(state.reply)
        assertEquals(Notice.Cancelled, state.notice)
        assertEquals(Phase.Ready, state.phase)
    }

    @Test
    fun `an answer that arrives after the passage was changed is dropped`() {
        ready()
        ask("b a b")
        worker.runAll() // the answer is there, the main thread has not seen it
        viewModel.setPassage("another")
        main.runAll()
        assertNull(state.reply)
        assertEquals(Phase.Ready, state.phase)
    }

    @Test
    fun `changing the passage takes the old answer away, setting the same one does not`() {
        ready()
        ask("b a b")
        settle()
        viewModel.setPassage("b a b")
        assertNotNull(state.reply)
        viewModel.setPassage("b a")
        assertNull(state.reply)
    }

    @Test
    fun `another runtime or thread count closes the old model and opens the new`() {
        ready()
        viewModel.select("pte", 3)
        assertEquals(Phase.Opening, state.phase)
        settle()
        assertEquals(listOf("tflite" to 1, "pte" to 3), source.opened.map { it.runtime to it.threads })
        assertTrue(source.opened.first().isClosed)
        assertEquals("pte", state.runtime)
        viewModel.select("pte", 3)
        settle()
        assertEquals(2, source.opened.size)
    }

    @Test
    fun `of two changes in a row only the last model is opened`() {
        ready()
        viewModel.select("tflite", 2)
        viewModel.select("tflite", 4)
        settle()
        assertEquals(listOf(1, 4), source.opened.map { it.threads })
    }

    @Test
    fun `a runtime that does not load says why, and the other one can be chosen`() {
        source.broken = "tflite"
        viewModel.start()
        settle()
        assertEquals(Phase.Failed("no tflite here"), state.phase)
        viewModel.ask()
        viewModel.select("pte", 1)
        settle()
        assertEquals(Phase.Ready, state.phase)
    }

    @Test
    fun `a runtime that computes something else is refused and closed`() {
        source.off = 1f
        viewModel.start()
        settle()
        assertTrue((state.phase as Phase.Failed).reason.contains("off by"))
        assertTrue(source.opened.single().isClosed)
        source.off = 0f
        viewModel.start()
        settle()
        assertEquals(Phase.Ready, state.phase)
    }

    @Test
    fun `a fault while answering is told and the next question works`() {
        ready()
        val model = source.opened.last()
        model.beforeRun = { error("the runtime failed") }
        ask("b a b")
        settle()
        assertEquals(Notice.Fault("the runtime failed"), state.notice)
        model.beforeRun = { throw OutOfMemoryError() }
        viewModel.ask()
        settle()
        assertTrue((state.notice as Notice.Fault).reason.contains("memory"))
        model.beforeRun = {}
        viewModel.ask()
        settle()
        assertNotNull(state.reply)
    }

    @Test
    fun `a new screen gets the state that the old one had`() {
        ready()
        viewModel.listener = null
        ask("b a b")
        settle()
        var drawn: QaState? = null
        viewModel.listener = { drawn = it }
        assertNotNull(drawn?.reply)
    }

    @Test
    fun `closing frees the model and tells nobody any more`() {
        ready()
        ask("b a b")
        var told = 0
        viewModel.listener = { told++ }
        told = 0
        viewModel.close()
        settle()
        assertTrue(source.opened.single().isClosed)
        assertEquals(0, told)
        assertFalse(source.opened.single().runs > 0)
    }

    private fun <T : Any> assertNotNull2(value: T?): T {
        assertNotNull(value)
        return checkNotNull(value)
    }
}
