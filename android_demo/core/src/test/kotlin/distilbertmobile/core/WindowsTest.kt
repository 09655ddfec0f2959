package distilbertmobile.core

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.DynamicTest.dynamicTest
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestFactory

class WindowsTest {
    private val golden = Golden.read("windows.json")
    private val defaults = QaLimits(64, 384, 128, 30, 20, null)

    @TestFactory
    fun `cuts every golden case`() = golden["cases"].items.map { case ->
        dynamicTest(case["name"].text) {
            val made = makeWindows(golden.tokenizer(), case["question"].text, case["context"].text, case["limits"].limits())
            val expected = case["windows"].items
            assertEquals(expected.size, made.size)
            for ((want, window) in expected.zip(made)) {
                assertEquals(want["input_ids"].ints, window.inputIds.toList())
                assertEquals(want["token_type_ids"].ints, window.tokenTypeIds.toList())
                assertEquals(want["context_start"].int to want["first"].int, window.contextStart to window.first)
                assertEquals(want["spans"].items.map { it.ints }, window.spans())
                assertEquals(want["best_context"].items.map { it.flag }, window.bestContext.toList())
            }
        }
    }

    @Test
    fun `limits shrink for a shorter model`() {
        for (case in golden["for_length"].items) {
            assertEquals(case["limits"].limits(), defaults.forLength(case["length"].int))
        }
    }

    @TestFactory
    fun `absurd limits are refused`() = golden["refused"].items.map { case ->
        dynamicTest("${case["limits"].members.mapValues { it.value.value }}") {
            val fault = assertThrows(IllegalArgumentException::class.java) { case["limits"].limits() }
            for (word in case["mentions"].texts) assertTrue(word in fault.message.orEmpty())
        }
    }
}
