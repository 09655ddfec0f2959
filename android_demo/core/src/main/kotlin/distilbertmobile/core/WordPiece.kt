package distilbertmobile.core

/** Token ids; token `i` covers the code points `starts[i]` until `ends[i]` of the original text. */
class Pieces(val ids: IntArray, val starts: IntArray, val ends: IntArray) {
    val size: Int get() = ids.size
}

/**
 * BERT's tokenizer, equal to Hugging Face `tokenizers` to the last id and offset; the rule in words is
 * in tests/golden/README.md. `[SEP]` typed by a user is plain text: it can never inject a separator.
 *
 * @param vocabulary the tokens; the place in the list is the id
 * @param stripAccents whether accents are removed; goes with [lowercase] unless a manifest says otherwise
 */
class WordPiece(vocabulary: List<String>, lowercase: Boolean, stripAccents: Boolean = lowercase) {
    private val normalizer = Normalizer(lowercase, stripAccents)
    private val first = HashMap<String, Int>()
    private val rest = HashMap<String, Int>()
    private val longest: Int
    val clsId: Int
    val sepId: Int
    val unkId: Int

    init {
        for ((id, token) in vocabulary.withIndex()) {
            val continues = token.length > 2 && token.startsWith("##")
            val repeated = if (continues) rest.put(token.substring(2), id) else first.put(token, id)
            require(repeated == null) { "the vocabulary repeats '$token'; each token must occur once" }
        }
        longest = vocabulary.maxOfOrNull { it.length } ?: 0
        for (token in listOf("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")) {
            require(token in first) { "this is not a BERT vocabulary: $token is missing among ${vocabulary.size} tokens" }
        }
        clsId = first.getValue("[CLS]")
        sepId = first.getValue("[SEP]")
        unkId = first.getValue("[UNK]")
    }

    /** Tokenises plain text; adds no special token. */
    fun encode(text: String): Pieces {
        val found = PieceList()
        val normal = normalizer.normalize(text)
        var start = -1
        for (i in 0 until normal.size) {
            val point = normal.points[i]
            val alone = point != SPACE && Unicode.isPunctuation(point)
            if (point == SPACE || alone) {
                if (start >= 0) addWord(normal, start, i, found)
                start = -1
                if (alone) addWord(normal, i, i + 1, found)
            } else if (start < 0) {
                start = i
            }
        }
        if (start >= 0) addWord(normal, start, normal.size, found)
        return found.toPieces()
    }

    private fun addWord(text: Normalized, from: Int, until: Int, found: PieceList) {
        val mark = found.size
        var at = if (until - from > MAX_WORD) until else from
        var fits = at == from
        // Places in the word's UTF-16 text, in step with the code points from `at` on.
        val word = if (fits) String(text.points, from, until - from) else ""
        var unit = 0
        while (at < until && fits) {
            var end = until
            var unitEnd = word.length
            while (unitEnd - unit > longest) unitEnd -= Character.charCount(text.points[--end])
            var id: Int? = null
            val known = if (at == from) first else rest
            while (end > at) {
                id = known[word.substring(unit, unitEnd)]
                if (id != null) break
                unitEnd -= Character.charCount(text.points[--end])
            }
            if (id == null) {
                fits = false
            } else {
                found.add(id, text.origins[at], text.origins[end - 1] + 1)
                at = end
                unit = unitEnd
            }
        }
        if (!fits) {
            found.cutTo(mark)
            found.add(unkId, text.origins[from], text.origins[until - 1] + 1)
        }
    }

    private companion object {
        const val SPACE = ' '.code
        const val MAX_WORD = 100
    }
}

/** Normalized code points, and for each the place of the code point of the original it came from. */
private class Normalized(capacity: Int) {
    var points = IntArray(capacity)
    var origins = IntArray(capacity)
    var size = 0

    fun add(point: Int, origin: Int) {
        if (size == points.size) {
            points = points.copyOf(size * 2)
            origins = origins.copyOf(size * 2)
        }
        points[size] = point
        origins[size++] = origin
    }
}

/** Cleans, spaces ideographs apart, strips accents and lowers the case, one character at a time. */
private class Normalizer(private val lowercase: Boolean, private val stripAccents: Boolean) {
    fun normalize(text: String): Normalized {
        val made = Normalized(text.length + 16)
        var unit = 0
        var origin = 0
        while (unit < text.length) {
            val point = text.codePointAt(unit)
            unit += Character.charCount(point)
            if (point in '!'.code..'~'.code) {
                made.add(if (lowercase && point in 'A'.code..'Z'.code) point + 32 else point, origin)
            } else {
                addOther(point, origin, made)
            }
            origin++
        }
        return made
    }

    private fun addOther(point: Int, origin: Int, made: Normalized) {
        if (Unicode.isSpace(point)) {
            made.add(' '.code, origin)
        } else if (!Unicode.isDropped(point)) {
            val apart = Unicode.isIdeograph(point)
            if (apart) made.add(' '.code, origin)
            val parts = if (stripAccents) Unicode.decomposition(point) else null
            if (parts == null) addPart(point, origin, made) else parts.forEach { addPart(it, origin, made) }
            if (apart) made.add(' '.code, origin)
        }
    }

    private fun addPart(point: Int, origin: Int, made: Normalized) {
        if (stripAccents && Unicode.isMark(point)) return
        val lower = if (lowercase) Unicode.lower(point) else null
        if (lower == null) made.add(point, origin) else lower.forEach { made.add(it, origin) }
    }
}

private class PieceList {
    private var ids = IntArray(64)
    private var starts = IntArray(64)
    private var ends = IntArray(64)
    var size = 0
        private set

    fun add(id: Int, start: Int, end: Int) {
        if (size == ids.size) {
            ids = ids.copyOf(size * 2)
            starts = starts.copyOf(size * 2)
            ends = ends.copyOf(size * 2)
        }
        ids[size] = id
        starts[size] = start
        ends[size++] = end
    }

    fun cutTo(length: Int) {
        size = length
    }

    fun toPieces() = Pieces(ids.copyOf(size), starts.copyOf(size), ends.copyOf(size))
}
