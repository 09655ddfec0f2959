package distilbertmobile.app.qa

import android.content.res.Resources
import distilbertmobile.app.R
import distilbertmobile.core.Span

/** The words for a state, from the app's resources. */
class QaTexts(private val resources: Resources) {
    val chooseSample: String get() = resources.getString(R.string.choose_sample)

    fun threads(count: Int): String = resources.getQuantityString(R.plurals.threads, count, count)

    fun status(phase: Phase): String = when (phase) {
        is Phase.Preparing ->
            if (phase.all == 0L) resources.getString(R.string.checking_model)
            else resources.getString(R.string.copying_model, phase.done / 1e6, phase.all / 1e6)
        Phase.Opening -> resources.getString(R.string.opening_model)
        Phase.Ready -> resources.getString(R.string.ready)
        is Phase.Asking ->
            if (phase.all == 0) resources.getString(R.string.tokenizing)
            else resources.getString(R.string.reading_window, minOf(phase.done + 1, phase.all), phase.all)
        is Phase.Failed -> resources.getString(R.string.failed, phase.reason)
    }

    fun notice(notice: Notice): String = when (notice) {
        Notice.EmptyQuestion -> resources.getString(R.string.empty_question)
        Notice.EmptyPassage -> resources.getString(R.string.empty_passage)
        is Notice.LongPassage -> resources.getString(R.string.long_passage, notice.length, notice.limit)
        Notice.Cancelled -> resources.getString(R.string.cancelled)
        is Notice.Fault -> resources.getString(R.string.fault, notice.reason)
    }

    fun answer(reply: Reply): String = reply.found.best?.let { resources.getString(R.string.answer, it.text) }
        ?: resources.getString(R.string.no_answer)

    fun latency(latency: Latency): String = resources.getQuantityString(
        R.plurals.latency, latency.windows, latency.tokenizeMs, latency.runMs, latency.decodeMs, latency.windows,
    )

    fun candidate(place: Int, span: Span): String = resources.getString(R.string.candidate, place + 1, span.text, span.score)
}
