package distilbertmobile.core

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.DynamicTest.dynamicTest
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestFactory

class ClassifierTest {
    private val golden = Golden.read("classifier.json")
    private val letters = golden.tokenizer()

    @TestFactory
    fun `makes every golden input`() = golden["inputs"].items.map { case ->
        dynamicTest(case["name"].text) {
            val pair = case["pair"].takeUnless { it.isNull }?.text
            val made = classifierInput(letters, case["text"].text, pair, case["max_length"].int)
            assertEquals(case["input_ids"].ints, made.inputIds.toList())
            assertEquals(case["token_type_ids"].ints, made.tokenTypeIds.toList())
        }
    }

    @TestFactory
    fun `ranks labels as every golden case`() = golden["rankings"].items.map { case ->
        dynamicTest(case["name"].text) {
            val found = rankLabels(case["labels"].texts, case["logits"].floats)
            val expected = case["ranked"].items
            assertEquals(expected.map { it["label"].text }, found.map { it.label })
            for ((one, other) in expected.zip(found)) assertEquals(one["probability"].number, other.probability, 1e-12)
        }
    }

    @Test
    fun `refuses what the golden cases refuse`() {
        for (case in golden["refused_lengths"].items) {
            val pair = case["pair"].takeUnless { it.isNull }?.text
            assertThrows(IllegalArgumentException::class.java) {
                classifierInput(letters, case["text"].text, pair, case["max_length"].int)
            }
        }
        for (case in golden["refused_logits"].items) {
            val logits = case["logits"].items.map {
                when (it.value) {
                    "nan" -> Float.NaN
                    "inf" -> Float.POSITIVE_INFINITY
                    else -> it.number.toFloat()
                }
            }
            assertThrows(IllegalArgumentException::class.java) { rankLabels(case["labels"].texts, logits.toFloatArray()) }
        }
    }

    private val words = listOf("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b")
    private val tokenizer = WordPiece(words, lowercase = true)

    private fun shown(text: String, pair: String?, length: Int) = classifierInput(tokenizer, text, pair, length).let {
        it.inputIds.joinToString(" ") { id -> words[id] } to it.tokenTypeIds.joinToString("")
    }

    @Test
    fun `a text is cut at its end`() {
        assertEquals("[CLS] a b [SEP]" to "0000", shown("a b", null, 8))
        assertEquals("[CLS] a b [SEP]" to "0000", shown("a b a", null, 4))
    }

    @Test
    fun `of a pair the longer loses tokens first`() {
        assertEquals("[CLS] a a a [SEP] b [SEP]" to "0000011", shown("a a a a", "b", 7))
        assertEquals("[CLS] a [SEP] b b b [SEP]" to "0001111", shown("a", "b b b b", 7))
        assertEquals("[CLS] a a [SEP] b b [SEP]" to "0000111", shown("a a a", "b b b", 7))
        assertEquals("[CLS] a a a [SEP] b b [SEP]" to "00000111", shown("a a a a", "b b b b", 8))
    }

    @Test
    fun `labels come the likeliest first`() {
        val ranked = rankLabels(listOf("no", "yes", "maybe"), floatArrayOf(1f, 3f, 1f))
        assertEquals(listOf("yes", "no", "maybe"), ranked.map { it.label })
        assertEquals(1.0, ranked.sumOf { it.probability }, 1e-12)
        assertThrows(IllegalArgumentException::class.java) { rankLabels(listOf("no"), floatArrayOf(1f, 2f)) }
        assertThrows(IllegalArgumentException::class.java) { rankLabels(listOf("no"), floatArrayOf(Float.NaN)) }
    }
}
