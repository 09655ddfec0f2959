package distilbertmobile.core

/**
 * The characters that the tokenizer treats specially. Android's own tables differ from release to
 * release; these are the reference's, so that every phone gives the same tokens.
 */
internal object Unicode {
    private val dropped = CodePoints(UnicodeTables.DROPPED)
    private val spaces = CodePoints(UnicodeTables.SPACES)
    private val ideographs = CodePoints(UnicodeTables.IDEOGRAPHS)
    private val marks = CodePoints(UnicodeTables.MARKS)
    private val punctuation = CodePoints(UnicodeTables.PUNCTUATION)
    private val decompositions = Replacements(UnicodeTables.DECOMPOSITIONS)
    private val lower = Replacements(UnicodeTables.LOWER)

    fun isDropped(point: Int) = point in dropped || point in 0xD800..0xDFFF

    fun isSpace(point: Int) = point in spaces

    fun isIdeograph(point: Int) = point in ideographs

    fun isMark(point: Int) = point in marks

    fun isPunctuation(point: Int) = point in punctuation

    /** The complete canonical decomposition; null for a character that has none. */
    fun decomposition(point: Int): IntArray? =
        if (point in 0xAC00..0xD7A3) hangul(point - 0xAC00) else decompositions[point]

    /** The lower-case form; null for a character that stays. */
    fun lower(point: Int): IntArray? = lower[point]

    // Section 3.12 of the Unicode standard: 19 leading letters, 21 vowels, 27 trailing letters or none.
    private fun hangul(index: Int): IntArray {
        val leading = 0x1100 + index / (21 * 28)
        val vowel = 0x1161 + index % (21 * 28) / 28
        val trailing = index % 28
        return if (trailing == 0) intArrayOf(leading, vowel) else intArrayOf(leading, vowel, 0x11A7 + trailing)
    }
}

/** A set of code points, kept as ranges. */
private class CodePoints(encoded: String) {
    private val firsts: IntArray
    private val lasts: IntArray

    init {
        val words = encoded.split(' ')
        firsts = IntArray(words.size)
        lasts = IntArray(words.size)
        var free = 0
        for ((index, word) in words.withIndex()) {
            firsts[index] = free + word.substringBefore('+').toInt(36)
            lasts[index] = firsts[index] + word.substringAfter('+', "0").toInt(36)
            free = lasts[index] + 1
        }
    }

    operator fun contains(point: Int): Boolean {
        val found = firsts.binarySearch(point)
        val range = if (found >= 0) found else -found - 2
        return range >= 0 && point <= lasts[range]
    }
}

/** Code points and what each becomes. */
private class Replacements(encoded: String) {
    private val points: IntArray
    private val made: Array<IntArray>

    init {
        val words = encoded.split(' ')
        points = IntArray(words.size)
        var free = 0
        made = Array(words.size) { index ->
            val (gap, becomes) = words[index].split('=')
            points[index] = free + gap.toInt(36)
            free = points[index] + 1
            becomes.split(',').map { it.toInt(36) }.toIntArray()
        }
    }

    operator fun get(point: Int): IntArray? = points.binarySearch(point).let { if (it >= 0) made[it] else null }
}

private fun IntArray.binarySearch(value: Int) = java.util.Arrays.binarySearch(this, value)
