package distilbertmobile.core

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Test

class ClassifierTest {
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
