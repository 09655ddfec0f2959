package distilbertmobile.app.qa

import distilbertmobile.app.model.Model
import distilbertmobile.core.Bundle
import distilbertmobile.core.BundleException
import distilbertmobile.core.QaLimits
import distilbertmobile.core.WordPiece
import distilbertmobile.core.checkGolden
import java.util.concurrent.CancellationException
import java.util.concurrent.Executor

/** Where the view model gets a bundle and a model from. */
interface ModelSource {
    fun load(progress: (Long, Long) -> Unit): Bundle

    fun open(bundle: Bundle, runtime: String, threads: Int): Model
}

/**
 * The question screen without a screen. Every function is called on the main thread and returns at
 * once; models are only touched on [worker], which must run one task at a time. What comes back from
 * there is handed over by [main].
 */
class QaViewModel(
    private val source: ModelSource,
    private val worker: Executor,
    private val main: Executor,
    private val nanos: () -> Long = System::nanoTime,
) {
    var state = QaState()
        private set(value) {
            if (value == field) return
            field = value
            listener?.invoke(value)
        }

    /** Told of each new state, and of the present one when it is set. */
    var listener: ((QaState) -> Unit)? = null
        set(value) {
            field = value
            value?.invoke(state)
        }

    // A task on the worker goes on only while its number is the latest of its kind.
    @Volatile private var opening = 0

    @Volatile private var asking = 0

    // Used on the worker only.
    private var loaded: Loaded? = null
    private var model: Model? = null

    private class Loaded(val bundle: Bundle, val tokenizer: WordPiece, val limits: QaLimits)

    /** Loads the bundle and opens the chosen runtime, by default the first of the bundle. */
    fun start() = reopen(state.runtime, state.threads)

    /** Changes the runtime or the number of threads; what is running is cancelled. */
    fun select(runtime: String, threads: Int) {
        require(threads in THREADS) { "threads must be in $THREADS, found $threads" }
        val same = runtime == state.runtime && threads == state.threads
        if (!same && runtime in state.runtimes) reopen(runtime, threads)
    }

    private fun reopen(runtime: String, threads: Int) {
        asking++
        val number = ++opening
        val isNew = state.runtimes.isEmpty()
        val phase = if (isNew) Phase.Preparing(0, 0) else Phase.Opening
        state = state.copy(phase = phase, runtime = runtime, threads = threads, reply = null, notice = null)
        worker.execute {
            if (number == opening) {
                try {
                    open(number, runtime, threads)
                } catch (fault: Throwable) {
                    close(fault)
                    show(number) { it.copy(phase = Phase.Failed(reason(fault))) }
                }
            }
        }
    }

    private fun open(number: Int, wanted: String, threads: Int) {
        closeModel()
        val ready = loaded ?: load(number).also { loaded = it }
        val runtimes = ready.bundle.manifest.models.keys.toList()
        val runtime = wanted.ifEmpty { runtimes.first() }
        show(number) { it.copy(phase = Phase.Opening, runtimes = runtimes, runtime = runtime) }
        val opened = source.open(ready.bundle, runtime, threads).also { model = it }
        checkGolden(ready.bundle, opened) // a runtime may load a file and compute nonsense
        show(number) { it.copy(phase = Phase.Ready) }
    }

    private fun load(number: Int): Loaded {
        val bundle = source.load { done, all ->
            if (number != opening) throw CancellationException()
            show(number) { it.copy(phase = Phase.Preparing(done, all)) }
        }
        val limits = bundle.manifest.qa
            ?: throw BundleException("this bundle is made for ${bundle.manifest.task}; this screen answers questions")
        val longest = bundle.manifest.models.values.minOf { it.call.maxLength }
        return Loaded(bundle, bundle.tokenizer(), if (longest < limits.maxLength) limits.forLength(longest) else limits)
    }

    /** A passage was chosen, with questions that suit it, or typed. A new passage ends what was asked about the old one. */
    fun setPassage(passage: String, suggestions: List<String> = emptyList()) {
        if (passage == state.passage) return
        stopAsking()
        state = state.copy(passage = passage, suggestions = suggestions, reply = null, notice = null)
    }

    fun setQuestion(question: String) {
        state = state.copy(question = question)
    }

    /** Asks the present question about the present passage, where a model is ready. */
    fun ask() {
        if (state.phase != Phase.Ready) return
        val question = state.question
        val passage = state.passage
        val notice = when {
            question.isBlank() -> Notice.EmptyQuestion
            passage.isBlank() -> Notice.EmptyPassage
            passage.length > LONGEST_PASSAGE -> Notice.LongPassage(passage.length, LONGEST_PASSAGE)
            else -> null
        }
        if (notice != null) {
            state = state.copy(notice = notice, reply = null)
            return
        }
        val number = ++asking
        state = state.copy(phase = Phase.Asking(0, 0), reply = null, notice = null)
        worker.execute { if (number == asking) answer(number, question, passage) }
    }

    private fun answer(number: Int, question: String, passage: String) {
        fun tell(change: (QaState) -> QaState) = main.execute { if (number == asking) state = change(state) }
        try {
            val ready = checkNotNull(loaded)
            val (found, latency) = timedAnswer(
                checkNotNull(model), ready.tokenizer, question, passage, ready.limits, nanos,
            ) { done, all ->
                if (number != asking) throw CancellationException()
                tell { it.copy(phase = Phase.Asking(done, all)) }
            }
            tell { it.copy(phase = Phase.Ready, reply = Reply(passage, found, found.best, latency)) }
        } catch (cancelled: CancellationException) {
            // The state was set by whoever cancelled.
        } catch (fault: Throwable) {
            tell { it.copy(phase = Phase.Ready, notice = Notice.Fault(reason(fault))) }
        }
    }

    /** Gives up the question that is running; takes effect at the next window. */
    fun cancel() {
        if (stopAsking()) state = state.copy(notice = Notice.Cancelled)
    }

    private fun stopAsking(): Boolean {
        if (state.phase !is Phase.Asking) return false
        asking++
        state = state.copy(phase = Phase.Ready)
        return true
    }

    /** Highlights one of the n best. */
    fun show(place: Int) {
        val reply = state.reply ?: return
        val span = reply.found.nBest.getOrNull(place) ?: return
        state = state.copy(reply = reply.copy(shown = span))
    }

    /** Ends everything; the view model is of no use afterwards. */
    fun close() {
        listener = null
        opening++
        asking++
        worker.execute { closeModel() }
    }

    private fun show(number: Int, change: (QaState) -> QaState) = main.execute { if (number == opening) state = change(state) }

    private fun closeModel() {
        model?.close()
        model = null
    }

    private fun close(cause: Throwable) = try {
        closeModel()
    } catch (second: Exception) {
        cause.addSuppressed(second)
    }

    private fun reason(fault: Throwable): String = when (fault) {
        is OutOfMemoryError -> "the phone has too little memory for this"
        else -> fault.message ?: fault.javaClass.simpleName
    }

    companion object {
        val THREADS = 1..4

        /** In UTF-16 units. Takes about a minute; a screen is no place for more. */
        const val LONGEST_PASSAGE = 200_000
    }
}
