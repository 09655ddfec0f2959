package distilbertmobile.core

/** Start and end logits of one window, one for each of its tokens; what lies behind them is padding. */
class SpanLogits(val start: FloatArray, val end: FloatArray)

/** An answer: code points [start] until [end] of the passage, scored start + end logit. */
data class Span(val text: String, val start: Int, val end: Int, val score: Double)

/** The result for one question; [best] is null where the passage holds no answer. */
data class Decoded(val best: Span?, val nBest: List<Span>, val nullScore: Double)

/** Maps one unpadded window to its logits. */
fun interface SpanModel {
    fun run(inputIds: IntArray, tokenTypeIds: IntArray): SpanLogits
}

/**
 * Answers one question.
 *
 * @param progress called before each window and after the last with the number done and the number of
 *   all; it cancels the work by throwing
 * @throws IllegalArgumentException for an empty question or passage
 */
fun answerQuestion(
    model: SpanModel,
    tokenizer: WordPiece,
    question: String,
    context: String,
    limits: QaLimits,
    progress: (Int, Int) -> Unit = { _, _ -> },
): Decoded {
    require(!isEmpty(question)) { "the question is empty; ask something" }
    require(!isEmpty(context)) { "the passage is empty; an answer is always a part of the passage" }
    val windows = makeWindows(tokenizer, question, context, limits)
    val logits = windows.mapIndexed { index, window ->
        progress(index, windows.size)
        model.run(window.inputIds, window.tokenTypeIds)
    }
    progress(windows.size, windows.size)
    return decode(context, windows, logits, limits)
}

private fun isEmpty(text: String) = text.all { it.isWhitespace() || it == '\u0085' }

/**
 * Ranks spans over all windows by start + end logit, without a softmax per window.
 *
 * A span is kept if both ends are tokens of the passage, the end does not precede the start, it is at
 * most `maxAnswerTokens` long, and its start is in the window that shows it with the most context. With
 * a `nullThreshold` there is no answer where the null score, the least start + end logit of `[CLS]`
 * over the windows, exceeds the best span's by more than that.
 */
fun decode(context: String, windows: List<Window>, logits: List<SpanLogits>, limits: QaLimits): Decoded {
    require(windows.size == logits.size) { "${windows.size} windows, but logits of ${logits.size}" }
    val candidates = ArrayList<Candidate>()
    var nullScore = Double.POSITIVE_INFINITY
    for ((window, given) in windows.zip(logits)) {
        check(given, window.inputIds.size)
        nullScore = minOf(nullScore, given.start[0].toDouble() + given.end[0].toDouble())
        addCandidates(window, given, limits, candidates)
    }
    candidates.sort()
    val nBest = distinct(context, candidates, limits.nBest)
    val best = nBest.firstOrNull()
    val threshold = limits.nullThreshold
    val none = best == null || threshold != null && nullScore - best.score > threshold
    return Decoded(if (none) null else best, nBest, nullScore)
}

private fun check(logits: SpanLogits, size: Int) {
    require(logits.start.size >= size && logits.end.size >= size) {
        "the model returned ${logits.start.size} start and ${logits.end.size} end logits for $size tokens"
    }
    require(logits.start.all { it.isFinite() } && logits.end.all { it.isFinite() }) {
        "the model returned logits that are not finite numbers"
    }
}

/** The best first; compared by value, so that -0 equals 0 as in the reference. */
private class Candidate(val score: Double, val start: Int, val end: Int) : Comparable<Candidate> {
    override fun compareTo(other: Candidate): Int = when {
        score > other.score -> -1
        score < other.score -> 1
        start != other.start -> start.compareTo(other.start)
        else -> end.compareTo(other.end)
    }
}

/** As in the official decoder the n best starts meet the n best ends; ties go to the earlier token. */
private fun addCandidates(window: Window, logits: SpanLogits, limits: QaLimits, found: MutableList<Candidate>) {
    val at = window.contextStart
    val tokens = window.starts.indices
    val starts = highest(tokens.filter { window.bestContext[it] }, logits.start, at, limits.nBest)
    val ends = highest(tokens.toList(), logits.end, at, limits.nBest)
    for (s in starts) {
        for (e in ends) {
            val inOrder = e >= s && e - s < limits.maxAnswerTokens
            if (inOrder && window.starts[s] < window.ends[e]) {
                // Added in double precision, so that the order is the same in every language.
                val score = logits.start[at + s].toDouble() + logits.end[at + e].toDouble()
                found += Candidate(score, window.starts[s], window.ends[e])
            }
        }
    }
}

private fun highest(tokens: List<Int>, logits: FloatArray, at: Int, limit: Int): List<Int> =
    tokens.sortedWith { a, b ->
        val left = logits[at + a]
        val right = logits[at + b]
        if (left > right) -1 else if (left < right) 1 else 0
    }.take(limit)

private fun distinct(context: String, candidates: List<Candidate>, limit: Int): List<Span> {
    val seen = HashSet<Pair<Int, Int>>()
    return candidates.asSequence().filter { seen.add(it.start to it.end) }.take(limit).map {
        val from = context.offsetByCodePoints(0, it.start)
        val until = context.offsetByCodePoints(from, it.end - it.start)
        Span(context.substring(from, until), it.start, it.end, it.score)
    }.toList()
}
