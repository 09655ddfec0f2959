package distilbertmobile.core

/** Why a bundle must not be used: what is wrong, what was found, what to do. */
class BundleException(message: String) : Exception(message)

/** Size and SHA-256 of one file of the bundle. */
data class FileRecord(val bytes: Long, val sha256: String)

/** One graph input or output; null in [shape] stands for the entry's length. */
data class TensorSpec(val name: String, val dtype: String, val shape: List<Int?>)

/** One signature (.tflite) or method (.pte); equal bounds mean that shorter inputs are padded. */
data class Entry(val name: String, val minLength: Int, val maxLength: Int)

/** How to call a model file: entries shortest first, tensors in the order of the graph. */
data class Interface(val entries: List<Entry>, val inputs: List<TensorSpec>, val outputs: List<TensorSpec>) {
    /** The most tokens that the model takes. */
    val maxLength: Int get() = entries.maxOf { it.maxLength }

    /**
     * The entry for [tokens] real tokens and the length to pad them to: the shortest that fits.
     *
     * @throws IllegalArgumentException where no entry takes that many
     */
    fun choose(tokens: Int, length: Int? = null): Pair<Entry, Int> {
        for (entry in entries) {
            val padded = length ?: maxOf(tokens, entry.minLength)
            if (tokens <= padded && padded in entry.minLength..entry.maxLength) return entry to padded
        }
        val takes = entries.joinToString { if (it.minLength == it.maxLength) "${it.maxLength}" else "${it.minLength} to ${it.maxLength}" }
        val wanted = "$tokens tokens" + if (length == null) "" else " at length $length"
        throw IllegalArgumentException("$wanted do not fit this model; it takes $takes tokens")
    }
}

/** The file against the float32 network of the checkpoint, on the same padded text windows. */
data class Parity(val windows: Int, val minCosine: Double, val maxError: Double, val agreement: Double)

/** Task scores of the file and of its checkpoint on the same questions, in percent. */
data class Accuracy(
    val data: String,
    val n: Int,
    val exactMatch: Double,
    val f1: Double,
    val checkpointExactMatch: Double,
    val checkpointF1: Double,
    val f1ChangeLow: Double,
    val f1ChangeHigh: Double,
    val changed: Int,
)

/** One model file of the bundle and what was measured on its bytes; sizes by class, then dtype. */
data class ModelFile(
    val file: String,
    val call: Interface,
    val parity: Parity,
    val accuracy: Accuracy?,
    val size: Map<String, Map<String, Long>>,
    val delegated: Int,
    val delegates: Int,
    val leftOver: Map<String, Int>,
)

/** The vocabulary the model was trained with, and how text is read before it is looked up. */
data class TokenizerRecord(
    val file: String,
    val sha256: String,
    val vocabSize: Int,
    val lowercase: Boolean,
    val stripAccents: Boolean,
)

/** Everything a phone needs to know about a bundle; docs/export.md describes the fields. */
data class Manifest(
    val task: String,
    val recipe: String,
    val labels: List<String>,
    val models: Map<String, ModelFile>,
    val tokenizer: TokenizerRecord,
    val qa: QaLimits?,
    val golden: String,
    val files: Map<String, FileRecord>,
    val weightsLicence: String?,
    val dataLicence: String?,
    val checkpointSha256: String,
    val gitCommit: String?,
    val versions: Map<String, String>,
) {
    companion object {
        const val FORMAT_VERSION = 1
        private const val MAX_VOCABULARY = 1_000_000
        private const val WORDPIECE = "wordpiece"

        /**
         * Reads the text of a manifest; [name] stands in front of every message.
         *
         * @throws BundleException for whatever is missing, unknown or of another type
         */
        fun parse(text: String, name: String): Manifest {
            val document = try {
                Json.parse(text) as? Map<*, *> ?: throw JsonFault("no object")
            } catch (fault: JsonFault) {
                throw BundleException("$name is damaged (${fault.message}); export the bundle again")
            }
            val version = document["format_version"]
            if ((version as? JsonNumber)?.let { it.isWhole && it.text == "$FORMAT_VERSION" } != true) {
                val shown = if (version is JsonNumber) version.text else "$version"
                throw BundleException(
                    "$name has format version $shown, this app reads $FORMAT_VERSION; update the app or export again",
                )
            }
            return manifest(Node(document, name)).also { check(it, name) }
        }

        /** Windows must fit every model; an entry is taken where it is the first that fits. */
        private fun check(manifest: Manifest, name: String) {
            for ((runtime, model) in manifest.models) {
                val lengths = model.call.entries.map { it.maxLength }
                if (lengths.isEmpty() || lengths.zipWithNext().any { (one, next) -> one >= next }) {
                    throw BundleException(
                        "$name: the entries of $runtime must be at least one, the shortest first, found lengths $lengths; export the bundle again",
                    )
                }
                val wanted = manifest.qa?.maxLength ?: continue
                if (wanted > lengths.last()) {
                    throw BundleException(
                        "$name: max_length is $wanted, but $runtime takes at most ${lengths.last()} tokens; export the bundle again",
                    )
                }
            }
        }

        private fun manifest(node: Node): Manifest = node.fields(
            "format_version", "task", "recipe", "labels", "models", "tokenizer", "qa", "golden", "files",
            "licences", "provenance",
        ).run {
            val licences = get("licences").fields("weights", "data")
            val provenance = get("provenance").fields("checkpoint_sha256", "git_commit", "versions")
            Manifest(
                task = get("task").text(),
                recipe = get("recipe").text(),
                labels = get("labels").list { text() },
                models = get("models").map { model() },
                tokenizer = get("tokenizer").tokenizer(),
                qa = get("qa").orNull { qaLimits() },
                golden = get("golden").text(),
                files = get("files").map {
                    fields("bytes", "sha256").run { FileRecord(get("bytes").whole(), get("sha256").text()) }
                },
                weightsLicence = licences["weights"].orNull { text() },
                dataLicence = licences["data"].orNull { text() },
                checkpointSha256 = provenance["checkpoint_sha256"].text(),
                gitCommit = provenance["git_commit"].orNull { text() },
                versions = provenance["versions"].map { text() },
            )
        }

        private fun Node.model() = fields("file", "interface", "parity", "accuracy", "size", "operators").run {
            val operators = get("operators").fields("delegated", "delegates", "left_over")
            ModelFile(
                file = get("file").text(),
                call = get("interface").call(),
                parity = get("parity").parity(),
                accuracy = get("accuracy").orNull { accuracy() },
                size = get("size").map { map { whole() } },
                delegated = operators["delegated"].small(),
                delegates = operators["delegates"].small(),
                leftOver = operators["left_over"].map { small() },
            )
        }

        private fun Node.call() = fields("entries", "inputs", "outputs").run {
            Interface(get("entries").list { entry() }, get("inputs").list { tensor() }, get("outputs").list { tensor() })
        }

        private fun Node.entry() = fields("name", "min_length", "max_length").run {
            val entry = Entry(get("name").text(), get("min_length").small(), get("max_length").small())
            if (entry.minLength !in 1..entry.maxLength || entry.maxLength > QaLimits.MAX) {
                throw BundleException("$where '${entry.name}' takes ${entry.minLength} to ${entry.maxLength} tokens; expected 1 to ${QaLimits.MAX}")
            }
            entry
        }

        private fun Node.tensor() = fields("name", "dtype", "shape").run {
            TensorSpec(get("name").text(), get("dtype").text(), get("shape").list { if (value is String) null else small() })
        }

        private fun Node.parity() = fields("windows", "min_cosine", "max_error", "agreement").run {
            Parity(get("windows").small(), get("min_cosine").number(), get("max_error").number(), get("agreement").number())
        }

        private fun Node.accuracy() =
            fields(
                "data", "n", "exact_match", "f1", "checkpoint_exact_match", "checkpoint_f1",
                "f1_change_low", "f1_change_high", "changed",
            ).run {
                Accuracy(
                    get("data").text(), get("n").small(), get("exact_match").number(), get("f1").number(),
                    get("checkpoint_exact_match").number(), get("checkpoint_f1").number(),
                    get("f1_change_low").number(), get("f1_change_high").number(), get("changed").small(),
                )
            }

        private fun Node.tokenizer() = fields("file", "sha256", "vocab_size", "lowercase", "strip_accents", "kind").run {
            val kind = get("kind").text()
            if (kind != WORDPIECE) {
                throw BundleException("$where.kind is '$kind', but this app reads $WORDPIECE only; take a BERT, DistilBERT, ELECTRA or MobileBERT")
            }
            val size = get("vocab_size").small()
            if (size !in 1..MAX_VOCABULARY) {
                throw BundleException("$where.vocab_size must be from 1 to $MAX_VOCABULARY, found $size; export the bundle again")
            }
            TokenizerRecord(get("file").text(), get("sha256").text(), size, get("lowercase").flag(), get("strip_accents").flag())
        }

        private fun Node.qaLimits() =
            fields("max_question_tokens", "max_length", "stride", "max_answer_tokens", "n_best", "null_threshold").run {
                try {
                    QaLimits(
                        get("max_question_tokens").small(), get("max_length").small(), get("stride").small(),
                        get("max_answer_tokens").small(), get("n_best").small(),
                        get("null_threshold").orNull { number() },
                    )
                } catch (fault: IllegalArgumentException) {
                    throw BundleException("$where: ${fault.message}")
                }
            }
    }
}
