package distilbertmobile.core

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Assumptions.assumeTrue
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import java.io.File

/** Agreement with Python on what tests/golden/agreement.py wrote into the folder `-Dagreement=` names. */
class AgreementTest {
    private val folder = File(System.getProperty("agreement") ?: "no such folder")
    private val limits = QaLimits(12, 96, 40, 12, 6, 0.0)

    @BeforeEach
    fun isThere() = assumeTrue(File(folder, "answers.jsonl").isFile, "no output of tests/golden/agreement.py: its data is not here")

    private val vocabulary by lazy { File(folder, "vocab.txt").readLines() }
    private val uncased by lazy { WordPiece(vocabulary, lowercase = true) }
    private val cased by lazy { WordPiece(vocabulary, lowercase = false) }

    private fun lines(name: String, check: (Fields) -> Unit): Int =
        File(folder, name).useLines { lines -> lines.onEach { check(Fields(Json.parse(it))) }.count() }

    private fun differs(line: Fields, tokenizer: WordPiece): Boolean {
        val pieces = tokenizer.encode(line["text"].text)
        return line["ids"].ints != pieces.ids.toList() || line["spans"].ints != pieces.spans().flatten()
    }

    @Test
    fun `every question, passage and edge string gives the same ids and spans`() {
        val different = mutableListOf<String>()
        val all = lines("texts.jsonl") { if (differs(it, uncased)) different += it["text"].text }
        println("texts: $all, of another opinion on ${different.size}")
        assertEquals(emptyList<String>(), different)
        assertTrue(all > 5_000)
    }

    @Test
    fun `random characters give the same ids and spans, but for the order of movable marks`() {
        val different = mutableListOf<String>()
        val all = lines("fuzz.jsonl") {
            if (differs(it, if (it["cased"].flag) cased else uncased)) different += it["text"].text
        }
        val movable = Golden.read("unicode.json")["movable"].items.map { it.ints[0]..it.ints[1] }
        val (reordered, unexplained) = different.map { it.codePoints().toArray().toList() }
            .partition { points -> points.any { point -> movable.any { point in it } } }
        println("random strings: $all, of another opinion on ${different.size}, all but ${unexplained.size} with movable marks")
        assertEquals(emptyList<String>(), unexplained.map { points -> points.joinToString(" ") { "%04X".format(it) } })
        assertTrue(reordered.size < 20)
    }

    @Test
    fun `every question gives the same answers`() {
        val different = mutableListOf<String>()
        val all = lines("answers.jsonl") { line ->
            val (question, context) = line["question"].text to line["context"].text
            val windows = makeWindows(uncased, question, context, limits)
            val found = decode(context, windows, windows.map { madeUpLogits(it, line["seed"].int) }, limits)
            val same = windows.size == line["windows"].int &&
                line["texts"].texts == found.nBest.map { it.text } &&
                line["n_best"].items.map { it.items }.zip(found.nBest).all { (want, span) ->
                    want[0].int == span.start && want[1].int == span.end && want[2].number == span.score
                } &&
                line["null_score"].number == found.nullScore && line["answered"].flag == (found.best != null)
            if (!same) different += question
        }
        println("answers: $all, of another opinion on ${different.size}")
        assertEquals(emptyList<String>(), different)
        assertTrue(all > 5_000)
    }

    private fun madeUpLogits(window: Window, seed: Int): SpanLogits {
        var state = (seed + window.first).toLong()
        fun draw(): Float {
            state = (state * 1103515245 + 12345) and 0x7FFFFFFF
            return (state shr 16) % 129 / 8f - 8f
        }
        val logits = SpanLogits(FloatArray(window.inputIds.size), FloatArray(window.inputIds.size))
        for (i in window.inputIds.indices) {
            logits.start[i] = draw()
            logits.end[i] = draw()
        }
        return logits
    }
}
