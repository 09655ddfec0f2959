package distilbertmobile.app.qa

import distilbertmobile.core.Decoded
import distilbertmobile.core.QaLimits
import distilbertmobile.core.SpanLogits
import distilbertmobile.core.SpanModel
import distilbertmobile.core.WordPiece
import distilbertmobile.core.answerQuestion

/** Where the time of one question went. */
data class Latency(val tokenizeMs: Double, val runMs: Double, val decodeMs: Double, val windows: Int)

/**
 * Answers a question and takes the time: of tokenising and cutting into windows, of the runtime's
 * calls, and of decoding.
 *
 * @param nanos a clock
 * @param progress as for [answerQuestion]: windows done and all; throws to cancel
 */
fun timedAnswer(
    model: SpanModel,
    tokenizer: WordPiece,
    question: String,
    passage: String,
    limits: QaLimits,
    nanos: () -> Long,
    progress: (Int, Int) -> Unit,
): Pair<Decoded, Latency> {
    val start = nanos()
    var tokenized = start
    var decoding = start
    var running = 0L
    var windows = 0
    val timed = SpanModel { ids, types ->
        val before = nanos()
        val logits: SpanLogits = model.run(ids, types)
        running += nanos() - before
        logits
    }
    val found = answerQuestion(timed, tokenizer, question, passage, limits) { done, all ->
        if (done == 0) tokenized = nanos()
        windows = all
        progress(done, all)
        if (done == all) decoding = nanos()
    }
    val end = nanos()
    return found to Latency((tokenized - start) / 1e6, running / 1e6, (end - decoding) / 1e6, windows)
}
