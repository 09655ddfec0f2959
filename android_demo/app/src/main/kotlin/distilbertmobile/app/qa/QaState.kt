package distilbertmobile.app.qa

import distilbertmobile.core.Decoded
import distilbertmobile.core.Span

/** What the model is doing. */
sealed interface Phase {
    /** The bundle is checked, or copied after an install or an update: bytes done and in all. */
    data class Preparing(val done: Long, val all: Long) : Phase

    /** The runtime loads the model and repeats the stored golden inputs. */
    data object Opening : Phase

    data object Ready : Phase

    /** Windows done and in all; all is 0 while the passage is being tokenised. */
    data class Asking(val done: Int, val all: Int) : Phase

    /** No model: the reason. Another runtime can be chosen, or it can be tried again. */
    data class Failed(val reason: String) : Phase
}

/** Something to tell about the last question. */
sealed interface Notice {
    data object EmptyQuestion : Notice

    data object EmptyPassage : Notice

    data class LongPassage(val length: Int, val limit: Int) : Notice

    data object Cancelled : Notice

    data class Fault(val reason: String) : Notice
}

/** The result for [passage]; [shown] is the span to highlight, null for none. */
data class Reply(val passage: String, val found: Decoded, val shown: Span?, val latency: Latency)

/** All that the question screen shows. */
data class QaState(
    val phase: Phase = Phase.Preparing(0, 0),
    val runtimes: List<String> = emptyList(),
    val runtime: String = "",
    val threads: Int = 1,
    val passage: String = "",
    val question: String = "",
    val suggestions: List<String> = emptyList(),
    val reply: Reply? = null,
    val notice: Notice? = null,
)
