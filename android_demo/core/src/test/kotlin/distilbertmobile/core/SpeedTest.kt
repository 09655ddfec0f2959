package distilbertmobile.core

import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Assumptions.assumeTrue
import org.junit.jupiter.api.Test
import java.io.File

/** A passage of 300 words is tokenised and cut into windows in under 2 ms, and memory does not grow. */
class SpeedTest {
    private val repository = Golden.folder.parentFile.parentFile
    private val limits = QaLimits(64, 384, 128, 30, 20, null)

    /** The vocabulary of the student that ships. */
    private fun tokenizer(): WordPiece {
        val found = File(repository, "models").walk().filter { it.name == "vocab.txt" }.toList()
        assumeTrue(found.isNotEmpty(), "there is no student in models/")
        return WordPiece(found.first().readLines(), lowercase = true)
    }

    private fun passage(): String {
        val sample = Fields(Json.parse(File(repository, "tasks/sample.json").readText()))
        val words = sample["data"].items.flatMap { it["paragraphs"].items }.flatMap { it["context"].text.split(' ') }
        return words.take(300).joinToString(" ")
    }

    @Test
    fun `300 words take under 2 ms after warm-up`() {
        val tokenizer = tokenizer()
        val passage = passage()
        var tokens = 0
        fun once() {
            tokens = makeWindows(tokenizer, "Who was the last keeper of the lighthouse?", passage, limits).sumOf { it.spans().size }
        }
        repeat(1_000) { once() }
        val before = usedMemory()
        val times = LongArray(500) { System.nanoTime().let { start -> once(); System.nanoTime() - start } }.sorted()
        val grown = usedMemory() - before
        val median = times[times.size / 2] / 1e6
        println("300 words, $tokens tokens: median %.3f ms, 90 %% under %.3f ms; memory grew by %d kB".format(median, times[450] / 1e6, grown / 1000))
        assertTrue(tokens > 300)
        assertTrue(median < 2.0) { "$median ms" }
        assertTrue(grown < 2_000_000) { "$grown bytes" }
    }

    @Test
    fun `a passage of a million characters, and words without end, are no trouble`() {
        val tokenizer = tokenizer()
        assertTrue(makeWindows(tokenizer, "a", "b ".repeat(500_000), limits).last().let { it.first + it.starts.size == 500_000 })
        assertTrue(tokenizer.encode("x".repeat(1_000_000)).size == 1)
        assertTrue(tokenizer.encode(("z".repeat(100) + " ").repeat(1_000)).size >= 1_000)
    }

    private fun usedMemory(): Long {
        repeat(3) { System.gc() }
        return Runtime.getRuntime().run { totalMemory() - freeMemory() }
    }
}
