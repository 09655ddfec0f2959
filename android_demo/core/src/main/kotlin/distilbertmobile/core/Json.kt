package distilbertmobile.core

/** A number as it is written: whether it has a point decides if it is a whole one. */
internal data class JsonNumber(val text: String) {
    val isWhole: Boolean get() = text.none { it in ".eE" }
}

internal class JsonFault(message: String) : Exception(message)

/**
 * Reads one JSON document, and nothing behind it, as maps, lists, strings, [JsonNumber], booleans and
 * null. It is here because a plain JVM has no JSON and the core takes no library.
 */
internal class Json private constructor(private val text: String) {
    private var at = 0

    private fun document(): Any? {
        val value = value(0)
        skipSpace()
        if (at < text.length) fail("more text behind the end")
        return value
    }

    private fun value(depth: Int): Any? {
        if (depth > MAX_DEPTH) fail("more than $MAX_DEPTH levels")
        skipSpace()
        return when (peek()) {
            '{' -> members(depth)
            '[' -> items(depth)
            '"' -> string()
            't' -> word("true", true)
            'f' -> word("false", false)
            'n' -> word("null", null)
            else -> number()
        }
    }

    private fun members(depth: Int): Map<String, Any?> {
        val found = LinkedHashMap<String, Any?>()
        list('}') {
            skipSpace()
            if (peek() != '"') fail("a name was expected")
            val name = string()
            skipSpace()
            expect(':')
            found[name] = value(depth + 1)
        }
        return found
    }

    private fun items(depth: Int): List<Any?> {
        val found = ArrayList<Any?>()
        list(']') { found += value(depth + 1) }
        return found
    }

    private fun list(end: Char, item: () -> Unit) {
        at++
        skipSpace()
        if (peek() == end) {
            at++
            return
        }
        while (true) {
            item()
            skipSpace()
            if (peek() == end) {
                at++
                return
            }
            expect(',')
        }
    }

    private fun string(): String {
        at++
        val made = StringBuilder()
        while (true) {
            when (val c = next()) {
                '"' -> return made.toString()
                '\\' -> made.append(escaped())
                else -> if (c < ' ') fail("a control character in a text") else made.append(c)
            }
        }
    }

    private fun escaped(): Char = when (val c = next()) {
        '"', '\\', '/' -> c
        'b' -> '\b'
        'f' -> '\u000c'
        'n' -> '\n'
        'r' -> '\r'
        't' -> '\t'
        'u' -> {
            val digits = String(CharArray(4) { next() })
            if (!digits.all { it in '0'..'9' || it in 'a'..'f' || it in 'A'..'F' }) fail("no such escape: \\u$digits")
            digits.toInt(16).toChar()
        }
        else -> fail("no such escape: \\$c")
    }

    private fun number(): JsonNumber {
        val match = NUMBER.find(text, at)
        if (match == null || match.range.first != at) fail("no value")
        at = match.range.last + 1
        return JsonNumber(match.value)
    }

    private fun word(word: String, value: Any?): Any? {
        if (!text.startsWith(word, at)) fail("no value")
        at += word.length
        return value
    }

    private fun expect(wanted: Char) {
        if (peek() != wanted) fail("'$wanted' was expected")
        at++
    }

    private fun skipSpace() {
        while (at < text.length && text[at] in " \t\n\r") at++
    }

    private fun peek(): Char = if (at < text.length) text[at] else fail("it ends too early")

    private fun next(): Char = peek().also { at++ }

    private fun fail(what: String): Nothing = throw JsonFault("$what at character $at")

    companion object {
        private const val MAX_DEPTH = 100
        private val NUMBER = Regex("""-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?""")

        /** @throws JsonFault where [text] is not one JSON document */
        fun parse(text: String): Any? = Json(text).document()
    }
}
