package distilbertmobile.app

import distilbertmobile.app.about.modelCard
import distilbertmobile.app.qa.samples
import distilbertmobile.app.qa.timedAnswer
import distilbertmobile.app.qa.utf16Range
import distilbertmobile.core.Manifest
import distilbertmobile.core.QaLimits
import distilbertmobile.core.Span
import distilbertmobile.core.WordPiece
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class QuestionTest {
    private val limits = QaLimits(8, 16, 4, 3, 5, null)
    private val tokenizer = WordPiece(listOf("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b"), true)

    @Test
    fun `a span behind characters of two units is highlighted at its own place`() {
        val passage = "😀😀 café 😀 café"
        val range = utf16Range(passage, Span("café", 10, 14, 1.0))
        assertEquals("café", passage.substring(range))
        assertEquals(passage.lastIndexOf("café"), range.first)
    }

    @Test
    fun `half a surrogate pair counts as one character`() {
        val passage = "\uD83D x"
        assertEquals("x", passage.substring(utf16Range(passage, Span("x", 2, 3, 0.0))))
    }

    @Test
    fun `the time is split into tokenising, the runtime's calls and decoding`() {
        var now = 0L
        val model = FakeModel("tflite").apply { beforeRun = { now += 7_000_000 } }
        val (_, latency) = timedAnswer(model, tokenizer, "a", "b a ".repeat(20), limits, { now }) { done, all ->
            now += if (done == all) 2_000_000L else 0L
        }
        assertEquals(model.runs, latency.windows)
        assertEquals(7.0 * latency.windows, latency.runMs)
        assertEquals(0.0, latency.tokenizeMs)
        assertEquals(0.0, latency.decodeMs)
    }

    @Test
    fun `samples have passages of their own and questions, the last one is long`() {
        assertEquals(samples.size, samples.map { it.passage }.toSet().size)
        assertTrue(samples.all { it.questions.isNotEmpty() && it.title.isNotBlank() && it.passage.length > 200 })
        assertTrue(samples.last().passage.split(' ').size > 600)
    }

    @Test
    fun `the card tells sizes, licences and where the model came from`() {
        val text = modelCard(Manifest.parse(GoldenBundle.manifest, "manifest"), isSigned = false).joinToString("\n") { (listOf(it.title) + it.lines).joinToString("\n") }
        for (wanted in listOf("LiteRT", "ExecuTorch", "model.pte: 0.0 MB", "100.0 % of 16", "not recorded", "Weights: ", "Apache-2.0", "384 tokens", "Signature not checked")) {
            assertTrue(wanted in text) { "$wanted is not in\n$text" }
        }
    }

    @Test
    fun `the card tells accuracy where it was measured, and that licences are not stated`() {
        val accuracy = """{"data": "dev", "n": 200, "exact_match": 70.12, "f1": 80.56, "checkpoint_exact_match": 71.0, "checkpoint_f1": 81.0, "f1_change_low": -1.0, "f1_change_high": 0.1, "changed": 9}"""
        val manifest = GoldenBundle.manifest.replace("\"accuracy\": null", "\"accuracy\": $accuracy")
            .replace(Regex("\"weights\": (null|\"[^\"]*\")"), "\"weights\": null")
        val text = modelCard(Manifest.parse(manifest, "manifest"), isSigned = true).flatMap { it.lines }.joinToString("\n")
        assertTrue("Measured on 200 questions of dev: F1 80.6, exact match 70.1 (checkpoint 81.0 and 71.0)" in text) { text }
        assertTrue("Weights: not stated" in text)
        assertFalse("not recorded" in text)
        assertTrue("Signed, as checked with this app's key" in text)
    }
}
