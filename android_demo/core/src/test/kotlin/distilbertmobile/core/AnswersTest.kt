package distilbertmobile.core

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.DynamicTest.dynamicTest
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestFactory

class AnswersTest {
    private val golden = Golden.read("answers.json")
    private val tokenizer = golden.tokenizer()
    private val limits = QaLimits(64, 384, 128, 30, 20, null)

    private fun logits(case: Fields) = case["logits"].items.map { SpanLogits(it["start"].floats, it["end"].floats) }

    private fun decoded(case: Fields, logits: List<SpanLogits>): Decoded {
        val windows = makeWindows(tokenizer, case["question"].text, case["context"].text, case["limits"].limits())
        return decode(case["context"].text, windows, logits, case["limits"].limits())
    }

    private fun same(want: Fields, span: Span) {
        assertEquals(want["text"].text, span.text)
        assertEquals(want["start"].int to want["end"].int, span.start to span.end)
        assertTrue(want["score"].number == span.score) { "${want["score"].number} is not ${span.score}" }
    }

    @TestFactory
    fun `answers every golden case`() = golden["cases"].items.map { case ->
        dynamicTest(case["name"].text) {
            val found = decoded(case, logits(case))
            val expected = case["expected"]
            assertTrue(expected["null_score"].number == found.nullScore)
            assertEquals(expected["n_best"].items.size, found.nBest.size)
            expected["n_best"].items.zip(found.nBest, ::same)
            if (expected["best"].isNull) assertNull(found.best) else same(expected["best"], found.best ?: error("no answer"))
        }
    }

    @TestFactory
    fun `logits that are no numbers are refused`() = golden["not_finite"].items.map { fault ->
        dynamicTest(fault["value"].text) {
            val case = golden["cases"].items.first { it["name"].text == fault["case"].text }
            val logits = logits(case)
            val window = logits[fault["window"].int]
            val array = if (fault["array"].text == "start") window.start else window.end
            array[fault["position"].int] = mapOf(
                "nan" to Float.NaN, "inf" to Float.POSITIVE_INFINITY, "-inf" to Float.NEGATIVE_INFINITY,
            ).getValue(fault["value"].text)
            assertThrows(IllegalArgumentException::class.java) { decoded(case, logits) }
        }
    }

    @TestFactory
    fun `an empty question or passage is refused`() = golden["refused"].items.map { case ->
        dynamicTest(case["mentions"].texts.first()) {
            val fault = assertThrows(IllegalArgumentException::class.java) {
                answerQuestion({ _, _ -> error("not asked") }, tokenizer, case["question"].text, case["context"].text, limits)
            }
            for (word in case["mentions"].texts) assertTrue(word in fault.message.orEmpty())
        }
    }

    @Test
    fun `too few logits are refused`() {
        val windows = makeWindows(tokenizer, "a", "b c", limits)
        val short = SpanLogits(FloatArray(3), FloatArray(6))
        assertThrows(IllegalArgumentException::class.java) { decode("b c", windows, listOf(short), limits) }
    }

    @Test
    fun `progress is told before every window, and stops the work by throwing`() {
        val told = mutableListOf<Pair<Int, Int>>()
        val small = QaLimits(1, 8, 2, 30, 20, null)
        val model = SpanModel { ids, _ -> SpanLogits(FloatArray(ids.size), FloatArray(ids.size)) }
        answerQuestion(model, tokenizer, "a", "c d e f g h", small) { done, all -> told += done to all }
        assertEquals(listOf(0 to 2, 1 to 2, 2 to 2), told)
        assertThrows(InterruptedException::class.java) {
            answerQuestion(model, tokenizer, "a", "c d e f g h", small) { done, _ -> if (done == 1) throw InterruptedException() }
        }
    }
}
