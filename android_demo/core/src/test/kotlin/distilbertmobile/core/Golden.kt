package distilbertmobile.core

import java.io.File

/** The golden cases of the repository, read in place; the JSON is read with the core's own reader. */
internal object Golden {
    val folder: File = generateSequence(File("").absoluteFile) { it.parentFile }
        .map { File(it, "tests/golden") }
        .first { File(it, "tokenizer.json").isFile }

    fun read(name: String) = Fields(Json.parse(File(folder, name).readText()))
}

/** A JSON value that a test trusts. */
@Suppress("UNCHECKED_CAST")
internal class Fields(val value: Any?) {
    operator fun get(name: String) = Fields((value as Map<String, Any?>)[name])
    val isNull get() = value == null
    val items get() = (value as List<Any?>).map(::Fields)
    val members get() = (value as Map<String, Any?>).mapValues { Fields(it.value) }
    val text get() = value as String
    val flag get() = value as Boolean
    val number get() = (value as JsonNumber).text.toDouble()
    val int get() = (value as JsonNumber).text.toInt()
    val ints get() = items.map { it.int }
    val texts get() = items.map { it.text }
    val floats get() = FloatArray(items.size) { items[it].number.toFloat() }

    fun limits() = QaLimits(
        this["max_question_tokens"].int,
        this["max_length"].int,
        this["stride"].int,
        this["max_answer_tokens"].int,
        this["n_best"].int,
        this["null_threshold"].takeUnless { it.isNull }?.number,
    )

    fun tokenizer() = WordPiece(this["vocabulary"].texts, this["lowercase"].flag)
}

internal fun Pieces.spans() = starts.zip(ends) { start, end -> listOf(start, end) }

internal fun Window.spans() = starts.zip(ends) { start, end -> listOf(start, end) }
