package distilbertmobile.core

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.DynamicTest.dynamicTest
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestFactory
import java.util.Locale

class WordPieceTest {
    private val specials = listOf("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")

    @TestFactory
    fun `tokenises every golden case`(): List<DynamicTest> {
        val golden = Golden.read("tokenizer.json")
        val tokenizers = golden["tokenizers"].members.mapValues { (_, setting) ->
            val vocabulary = golden["vocabularies"][setting["vocabulary"].text].texts
            WordPiece(vocabulary, setting["lowercase"].flag, setting["strip_accents"].flag)
        }
        return golden["cases"].items.map { case ->
            dynamicTest("${case["tokenizer"].text}: ${case["name"].text}") {
                val pieces = tokenizers.getValue(case["tokenizer"].text).encode(case["text"].text)
                assertEquals(case["ids"].ints, pieces.ids.toList())
                assertEquals(case["spans"].items.map { it.ints }, pieces.spans())
            }
        }
    }

    @Test
    fun `knows every character as the reference does`() {
        val golden = Golden.read("unicode.json")
        val sets = mapOf<String, (Int) -> Boolean>(
            "dropped" to Unicode::isDropped, "spaces" to Unicode::isSpace, "ideographs" to Unicode::isIdeograph,
            "marks" to Unicode::isMark, "punctuation" to Unicode::isPunctuation,
        )
        for ((name, contains) in sets) {
            val expected = BooleanArray(0x110000)
            for (range in golden[name].items) expected.fill(true, range.ints[0], range.ints[1] + 1)
            for (point in (0 until 0xD800) + (0xE000..0x10FFFF)) {
                assertEquals(expected[point], contains(point)) { "$name: U+%04X".format(point) }
            }
        }
        val maps = mapOf<String, (Int) -> IntArray?>("decompositions" to Unicode::decomposition, "lower" to Unicode::lower)
        for ((name, made) in maps) {
            val expected = golden[name].items.associate { it.items[0].int to it.items[1].ints }
            for (point in (0 until 0xAC00) + (0xD7A4..0x10FFFF)) assertEquals(expected[point], made(point)?.toList())
        }
    }

    @Test
    fun `takes every Hangul syllable apart as the platform does`() {
        for (point in 0xAC00..0xD7A3) {
            val expected = java.text.Normalizer.normalize(String(Character.toChars(point)), java.text.Normalizer.Form.NFD)
            assertEquals(expected.codePoints().toArray().toList(), Unicode.decomposition(point)?.toList())
        }
    }

    @Test
    fun `lower-cases without a locale`() {
        val before = Locale.getDefault()
        Locale.setDefault(Locale.forLanguageTag("tr"))
        try {
            val pieces = WordPiece(specials + "title", lowercase = true).encode("TITLE")
            assertEquals(listOf(5), pieces.ids.toList())
        } finally {
            Locale.setDefault(before)
        }
    }

    @Test
    fun `half a surrogate pair counts as one character that is dropped`() {
        val pieces = WordPiece(specials + listOf("a", "b"), lowercase = true).encode("a\ud800 b \udc00")
        assertEquals(listOf(listOf(0, 1), listOf(3, 4)), pieces.spans())
    }

    @Test
    fun `any text gives rising spans inside it`() {
        val golden = Golden.read("tokenizer.json")
        val tokenizer = WordPiece(golden["vocabularies"]["uncased"].texts, lowercase = true)
        val random = java.util.Random(7)
        repeat(20_000) {
            val text = StringBuilder()
            repeat(random.nextInt(40)) {
                val ceiling = intArrayOf(0x80, 0x250, 0x3000, 0x10000, 0x110000)[random.nextInt(5)]
                val point = random.nextInt(ceiling)
                if (point in 0xD800..0xDFFF) text.append(point.toChar()) else text.appendCodePoint(point)
            }
            val pieces = tokenizer.encode(text.toString())
            val length = text.codePointCount(0, text.length)
            var last = 0
            for ((start, end) in pieces.spans()) {
                assertTrue(start in last until end && end <= length) { "$text" }
                last = start
            }
        }
    }

    @Test
    fun `a wrong vocabulary is refused`() {
        val missing = assertThrows(IllegalArgumentException::class.java) { WordPiece(listOf("a"), lowercase = true) }
        assertTrue("[PAD]" in missing.message.orEmpty())
        assertThrows(IllegalArgumentException::class.java) { WordPiece(specials + listOf("a", "a"), lowercase = true) }
    }
}
