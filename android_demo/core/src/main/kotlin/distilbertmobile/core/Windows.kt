package distilbertmobile.core

/** The limits of question answering, all in tokens; a bundle's manifest carries them. */
data class QaLimits(
    val maxQuestionTokens: Int,
    val maxLength: Int,
    val stride: Int,
    val maxAnswerTokens: Int,
    val nBest: Int,
    val nullThreshold: Double?,
) {
    init {
        for ((name, value) in listOf(
            "max_question_tokens" to maxQuestionTokens,
            "stride" to stride,
            "max_answer_tokens" to maxAnswerTokens,
            "n_best" to nBest,
        )) {
            require(value in 1..MAX) { "$name must be from 1 to $MAX, found $value" }
        }
        require(maxLength in maxQuestionTokens + SPECIALS + 1..MAX) {
            "max_length must be from ${maxQuestionTokens + SPECIALS + 1} (question of $maxQuestionTokens tokens, " +
                "$SPECIALS special tokens and one of the passage) to $MAX, found $maxLength"
        }
    }

    /** The same limits for a model that takes [length] tokens; shrinks what cannot fit. */
    fun forLength(length: Int): QaLimits =
        copy(maxQuestionTokens = minOf(maxQuestionTokens, maxOf(1, (length - SPECIALS) / 2)), maxLength = length)

    internal companion object {
        const val MAX = 4096
        const val SPECIALS = 3 // [CLS] question [SEP] context [SEP]
    }
}

/**
 * One model input: `[CLS] question [SEP] part of the context [SEP]`, without padding.
 *
 * [starts] and [ends] are the code-point spans, in the whole passage, of the tokens from position
 * [contextStart] on; [first] is the index of the first of them among all tokens of the passage.
 * `bestContext[i]` is true where this window gives that token the most context of all windows.
 */
class Window(
    val inputIds: IntArray,
    val tokenTypeIds: IntArray,
    val contextStart: Int,
    val first: Int,
    val starts: IntArray,
    val ends: IntArray,
    val bestContext: BooleanArray,
)

/**
 * The windows of one question, in order of the passage. They start `stride` tokens apart, less where
 * a long question leaves room for fewer, so that no token is skipped. A passage without any token
 * gives one window without context tokens.
 */
fun makeWindows(tokenizer: WordPiece, question: String, context: String, limits: QaLimits): List<Window> {
    val asked = tokenizer.encode(question).ids.let { it.copyOf(minOf(it.size, limits.maxQuestionTokens)) }
    val pieces = tokenizer.encode(context)
    val room = limits.maxLength - asked.size - QaLimits.SPECIALS
    val firsts = windowStarts(pieces.size, room, minOf(limits.stride, room))
    val owners = owners(firsts, room, pieces.size)
    val head = intArrayOf(tokenizer.clsId) + asked + tokenizer.sepId
    return firsts.mapIndexed { index, first ->
        val size = minOf(room, pieces.size - first)
        val until = first + size
        Window(
            inputIds = head + pieces.ids.copyOfRange(first, until) + tokenizer.sepId,
            tokenTypeIds = IntArray(head.size + size + 1) { if (it < head.size) 0 else 1 },
            contextStart = head.size,
            first = first,
            starts = pieces.starts.copyOfRange(first, until),
            ends = pieces.ends.copyOfRange(first, until),
            bestContext = BooleanArray(size) { owners[first + it] == index },
        )
    }
}

private fun windowStarts(total: Int, room: Int, step: Int): List<Int> {
    val starts = mutableListOf(0)
    while (starts.last() + room < total) starts += starts.last() + step
    return starts
}

/**
 * For each token of the passage the window that shows it with the most context: the smaller of the
 * tokens to its left and right, plus a hundredth of the window's length (the official score); the
 * earlier window wins a tie.
 */
private fun owners(firsts: List<Int>, room: Int, total: Int): IntArray {
    val best = DoubleArray(total) { -1.0 }
    val owner = IntArray(total)
    for ((index, first) in firsts.withIndex()) {
        val size = minOf(room, total - first)
        for (token in first until first + size) {
            val score = minOf(token - first, first + size - 1 - token) + 0.01 * size
            if (score > best[token]) {
                best[token] = score
                owner[token] = index
            }
        }
    }
    return owner
}
