package distilbertmobile.host

import distilbertmobile.core.Bundle
import distilbertmobile.core.Fields
import distilbertmobile.core.Json
import distilbertmobile.core.answerQuestion
import distilbertmobile.core.checkGolden
import distilbertmobile.core.SpanLogits
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Assumptions.assumeTrue
import org.junit.jupiter.api.Test
import java.io.File
import kotlin.math.abs

/** The bundle that ships answers from Kotlin as from Python: same spans, same logits. */
class HostModelTest {
    private val folder = File(System.getProperty("model") ?: "no such folder")

    @Test
    fun `the real model answers the sample questions as in Python`() {
        assumeTrue(File(folder, "answers.json").isFile, "Python has written no answers of the real model")
        val bundle = Bundle.load(File(folder, "bundle"))
        val model = LiteRt(System.getProperty("litert"), bundle.modelFile("tflite").path, bundle.model("tflite").call)
        val golden = checkGolden(bundle, model)
        val tokenizer = bundle.tokenizer()
        val limits = bundle.manifest.qa ?: error("the bundle answers no questions")
        val cases = Fields(Json.parse(File(folder, "answers.json").readText())).items
        var worst = 0f
        for (case in cases) {
            val logits = mutableListOf<SpanLogits>()
            val found = answerQuestion(
                { ids, types -> model.run(ids, types).also { logits += it } },
                tokenizer, case["question"].text, case["context"].text, limits,
            )
            assertEquals(case["text"].value, found.best?.text)
            assertEquals(case["start"].takeUnless { it.isNull }?.int, found.best?.start)
            assertEquals(case["end"].takeUnless { it.isNull }?.int, found.best?.end)
            assertEquals(case["startLogits"].items.size, logits.size)
            for ((i, mine) in logits.withIndex()) {
                worst = maxOf(worst, difference(case["startLogits"].items[i].floats, mine.start))
                worst = maxOf(worst, difference(case["endLogits"].items[i].floats, mine.end))
            }
        }
        println("real model: ${cases.size} questions as in Python; logits off by $worst, golden outputs by $golden")
        assertTrue(cases.size > 20)
        // Threads and the processor's instructions may differ from Python's, not the arithmetic.
        assertTrue(worst < 1e-3f) { "logits off by $worst" }
    }

    private fun difference(want: FloatArray, found: FloatArray): Float {
        assertEquals(want.size, found.size)
        return want.indices.maxOf { abs(want[it] - found[it]) }
    }
}
