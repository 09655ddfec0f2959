package distilbertmobile.app.qa

import android.text.Editable
import android.text.Spannable
import android.text.TextPaint
import android.text.TextWatcher
import android.text.style.CharacterStyle
import android.text.style.UpdateAppearance
import android.view.LayoutInflater
import android.view.View
import android.view.ViewGroup
import android.view.inputmethod.EditorInfo
import android.widget.AdapterView
import android.widget.ArrayAdapter
import android.widget.EditText
import android.widget.ProgressBar
import android.widget.ScrollView
import android.widget.Spinner
import android.widget.TextView
import distilbertmobile.app.R
import distilbertmobile.app.model.Runtime
import distilbertmobile.app.part
import distilbertmobile.core.Span

/** Draws a [QaState] on the views below [root] and tells [viewModel] what the user does. */
class QaScreen(private val root: View, private val viewModel: QaViewModel, openAbout: () -> Unit) {
    private val context = root.context
    private val passage: EditText = root.part(R.id.passage)
    private val question: EditText = root.part(R.id.question)
    private val runtimes: Spinner = root.part(R.id.runtimes)
    private val threads: Spinner = root.part(R.id.threads)
    private val texts = QaTexts(context.resources)
    private val highlight = context.getColor(R.color.highlight)
    private var shown: QaState? = null

    init {
        // The view model keeps the texts; Android's own copy of a long one would be too large to save.
        passage.isSaveEnabled = false
        question.isSaveEnabled = false
        passage.onText(viewModel::setPassage)
        question.onText(viewModel::setQuestion)
        question.setOnEditorActionListener { _, action, _ ->
            (action == EditorInfo.IME_ACTION_GO).also { if (it) viewModel.ask() }
        }
        root.click(R.id.ask, viewModel::ask)
        root.click(R.id.cancel, viewModel::cancel)
        root.click(R.id.retry, viewModel::start)
        root.click(R.id.about, openAbout)
        threads.fill(QaViewModel.THREADS.map { texts.threads(it) })
        threads.onPick { viewModel.select(viewModel.state.runtime, QaViewModel.THREADS.first + it) }
        runtimes.onPick { place -> viewModel.state.runtimes.getOrNull(place)?.let { viewModel.select(it, viewModel.state.threads) } }
        val picker = root.part<Spinner>(R.id.samples)
        picker.fill(listOf(texts.chooseSample) + samples.map { it.title })
        picker.onPick { place ->
            samples.getOrNull(place - 1)?.let {
                viewModel.setPassage(it.passage, it.questions)
                viewModel.setQuestion(it.questions.first())
            }
            picker.setSelection(0)
        }
    }

    fun show(state: QaState) {
        val before = shown
        shown = state
        passage.write(state.passage)
        question.write(state.question)
        if (before?.runtimes != state.runtimes) runtimes.fill(state.runtimes.map { Runtime.of(it)?.title ?: it })
        runtimes.setSelection(maxOf(0, state.runtimes.indexOf(state.runtime)))
        threads.setSelection(state.threads - QaViewModel.THREADS.first)
        if (before?.suggestions != state.suggestions) showSuggestions(state.suggestions)
        if (before?.phase != state.phase) showPhase(state.phase)
        if (before == null || before.reply != state.reply || before.notice != state.notice) showReply(before?.reply, state)
    }

    private fun showPhase(phase: Phase) {
        val counts = phase is Phase.Preparing || phase is Phase.Asking
        root.part<TextView>(R.id.status).apply {
            // TalkBack announces what has changed, but not each step of a count.
            accessibilityLiveRegion = if (counts) View.ACCESSIBILITY_LIVE_REGION_NONE else View.ACCESSIBILITY_LIVE_REGION_POLITE
            write(texts.status(phase))
        }
        val bar = root.part<ProgressBar>(R.id.progress)
        bar.visible(phase !is Phase.Ready && phase !is Phase.Failed)
        val (done, all) = when (phase) {
            is Phase.Preparing -> phase.done to phase.all
            is Phase.Asking -> phase.done.toLong() to phase.all.toLong()
            else -> 0L to 0L
        }
        bar.isIndeterminate = all == 0L
        if (all > 0) bar.progress = (done * bar.max / all).toInt()
        root.part<View>(R.id.ask).isEnabled = phase is Phase.Ready
        root.part<View>(R.id.cancel).visible(phase is Phase.Asking)
        root.part<View>(R.id.retry).visible(phase is Phase.Failed)
    }

    private fun showReply(before: Reply?, state: QaState) {
        val reply = state.reply
        val answer = root.part<TextView>(R.id.answer)
        answer.write(state.notice?.let(texts::notice) ?: reply?.let(texts::answer).orEmpty())
        answer.visible(answer.text.isNotEmpty())
        root.part<TextView>(R.id.latency).apply {
            write(reply?.let { texts.latency(it.latency) }.orEmpty())
            visible(reply != null)
        }
        if (before?.found !== reply?.found) showBest(reply)
        mark(reply?.shown, reply?.passage, scroll = before != null && before.found === reply?.found)
    }

    private fun showBest(reply: Reply?) {
        val list = root.part<ViewGroup>(R.id.best)
        list.removeAllViews()
        val found = reply?.found?.nBest.orEmpty()
        root.part<View>(R.id.best_title).visible(found.isNotEmpty())
        for ((place, span) in found.withIndex().take(SHOWN)) list.addRow(texts.candidate(place, span)) { viewModel.show(place) }
    }

    private fun showSuggestions(questions: List<String>) {
        val list = root.part<ViewGroup>(R.id.suggestions)
        list.removeAllViews()
        for (text in questions) {
            list.addRow(text) {
                viewModel.setQuestion(text)
                viewModel.ask()
            }
        }
    }

    /** Highlights [span] at its own place; the same words elsewhere stay as they are. */
    private fun mark(span: Span?, of: String?, scroll: Boolean) {
        val text = passage.text
        text.getSpans(0, text.length, AnswerMark::class.java).forEach(text::removeSpan)
        if (span == null || of != text.toString()) return
        val range = utf16Range(of, span)
        text.setSpan(AnswerMark(highlight), range.first, range.last + 1, Spannable.SPAN_EXCLUSIVE_EXCLUSIVE)
        if (scroll) {
            val layout = passage.layout ?: return
            val top = layout.getLineTop(layout.getLineForOffset(range.first))
            root.part<ScrollView>(R.id.scroll).smoothScrollTo(0, maxOf(0, passage.top + top - passage.lineHeight * 2))
        }
    }

    private fun ViewGroup.addRow(text: String, action: () -> Unit) {
        val row = LayoutInflater.from(context).inflate(R.layout.row, this, false) as TextView
        row.text = text
        row.setOnClickListener { action() }
        addView(row)
    }

    private companion object {
        const val SHOWN = 5
    }
}

/** Told not by colour alone. */
private class AnswerMark(private val colour: Int) : CharacterStyle(), UpdateAppearance {
    override fun updateDrawState(paint: TextPaint) {
        paint.bgColor = colour
        paint.isUnderlineText = true
    }
}

private fun TextView.write(wanted: String) {
    if (!wanted.contentEquals(text)) text = wanted
}

private fun View.visible(isVisible: Boolean) {
    visibility = if (isVisible) View.VISIBLE else View.GONE
}

private fun View.click(id: Int, action: () -> Unit) = part<View>(id).setOnClickListener { action() }

private fun Spinner.fill(titles: List<String>) {
    adapter = ArrayAdapter(context, android.R.layout.simple_spinner_item, titles).apply {
        setDropDownViewResource(android.R.layout.simple_spinner_dropdown_item)
    }
}

private fun Spinner.onPick(action: (Int) -> Unit) {
    onItemSelectedListener = object : AdapterView.OnItemSelectedListener {
        override fun onItemSelected(parent: AdapterView<*>?, view: View?, position: Int, id: Long) = action(position)

        override fun onNothingSelected(parent: AdapterView<*>?) = Unit
    }
}

private fun EditText.onText(action: (String) -> Unit) = addTextChangedListener(object : TextWatcher {
    override fun afterTextChanged(text: Editable) = action(text.toString())

    override fun beforeTextChanged(text: CharSequence, start: Int, count: Int, after: Int) = Unit

    override fun onTextChanged(text: CharSequence, start: Int, before: Int, count: Int) = Unit
})
