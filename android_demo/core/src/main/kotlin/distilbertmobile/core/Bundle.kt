package distilbertmobile.core

import java.io.File
import java.security.MessageDigest
import kotlin.math.abs

/** A checked bundle folder; [isSigned]: its manifest has the signature of the key it was loaded with. */
class Bundle internal constructor(val folder: File, val manifest: Manifest, val isSigned: Boolean) {
    /** @throws BundleException that names the runtimes the bundle has */
    fun model(runtime: String): ModelFile = manifest.models[runtime]
        ?: throw BundleException("$folder has no '$runtime' model; it has: ${manifest.models.keys.joinToString()}")

    fun modelFile(runtime: String) = File(folder, model(runtime).file)

    /** The tokenizer of the bundle's vocabulary: one token a line, the line number is the id. */
    fun tokenizer(): WordPiece {
        val record = manifest.tokenizer
        val text = File(folder, record.file).readText().removeSuffix("\n")
        return WordPiece(text.split('\n').map { it.removeSuffix("\r") }, record.lowercase, record.stripAccents)
    }

    companion object {
        const val MANIFEST = "manifest.json"

        /**
         * Reads the manifest of [folder] and checks every file it lists.
         *
         * @param key where there is one, the manifest must have its signature
         * @param verify false skips the SHA-256, not the size: for a start right after a full check
         * @throws BundleException for anything but the bytes that were measured
         */
        fun load(folder: File, key: BundleKey? = null, verify: Boolean = true): Bundle {
            val path = File(folder, MANIFEST)
            if (!path.isFile) throw BundleException("$folder is not a bundle: it has no $MANIFEST")
            val written = path.readBytes()
            key?.check(written, File(folder, BundleKey.SIGNATURE).takeIf { it.isFile }?.readBytes(), "$folder")
            val manifest = Manifest.parse(String(written), "$path")
            for ((name, record) in manifest.files) check(folder, name, record, verify)
            checkReferences(manifest)
            return Bundle(folder, manifest, isSigned = key != null)
        }

        private fun check(folder: File, name: String, record: FileRecord, verify: Boolean) {
            val path = File(folder, name)
            val plain = name.isNotEmpty() && name != "." && name != ".." && '/' !in name && '\\' !in name && '\u0000' !in name
            if (!plain || path.canonicalFile.parentFile != folder.canonicalFile) {
                throw BundleException("$folder/$MANIFEST names '$name', which is outside the bundle folder")
            }
            if (!path.isFile) throw BundleException("$path is missing from the bundle; copy or export it again")
            if (path.length() != record.bytes) {
                throw BundleException(
                    "$path has ${path.length()} bytes, the manifest says ${record.bytes}; copy or export it again",
                )
            }
            if (verify && sha256(path) != record.sha256) {
                throw BundleException(
                    "$path is not the file that was measured: its SHA-256 is another than the manifest's; copy or export it again",
                )
            }
        }

        private fun checkReferences(manifest: Manifest) {
            for (name in manifest.models.values.map { it.file } + manifest.tokenizer.file + manifest.golden) {
                if (name !in manifest.files) {
                    throw BundleException("$MANIFEST uses '$name' but records no size and SHA-256 for it")
                }
            }
            if (manifest.models.isEmpty()) throw BundleException("$MANIFEST lists no model; export the bundle again")
            if (manifest.tokenizer.sha256 != manifest.files.getValue(manifest.tokenizer.file).sha256) {
                throw BundleException("${manifest.tokenizer.file} is not the vocabulary of this model")
            }
        }

        /** The SHA-256 of a file in small hexadecimal digits, read in pieces. */
        fun sha256(path: File): String {
            val digest = MessageDigest.getInstance("SHA-256")
            path.inputStream().use { stream ->
                val buffer = ByteArray(1 shl 16)
                while (true) {
                    val read = stream.read(buffer)
                    if (read < 0) break
                    digest.update(buffer, 0, read)
                }
            }
            return digest.digest().joinToString("") { "%02x".format(java.util.Locale.ROOT, it) }
        }
    }
}

/** What the golden check needs of a runtime: outputs by name, without padding. */
interface GoldenRunner {
    val runtime: String

    fun run(inputIds: IntArray, tokenTypeIds: IntArray, length: Int): Map<String, FloatArray>
}

/**
 * Runs every stored input of the bundle and returns the worst difference from the stored outputs.
 *
 * @throws BundleException where it exceeds the stored tolerance: this runtime on this phone does not
 *   compute what was measured, even though the bytes are right
 */
fun checkGolden(bundle: Bundle, runner: GoldenRunner): Float {
    val path = File(bundle.folder, bundle.manifest.golden)
    val document = try {
        Node(Json.parse(path.readText()), "$path").fields("tolerance", "cases")
    } catch (fault: JsonFault) {
        throw BundleException("$path is damaged (${fault.message}); export the bundle again")
    }
    val tolerance = document["tolerance"].number().toFloat()
    return document["cases"].list { goldenCase(this, runner, tolerance) }.maxOrNull() ?: 0f
}

private fun goldenCase(node: Node, runner: GoldenRunner, tolerance: Float): Float {
    node.fields("name", "length", "input_ids", "token_type_ids", "expected")
    val name = node["name"].text()
    val expected = node["expected"].map { map { list { number().toFloat() } } }[runner.runtime]
        ?: throw BundleException("golden case '$name' has no outputs of ${runner.runtime}")
    val inputIds = node["input_ids"].list { small() }.toIntArray()
    val tokenTypeIds = node["token_type_ids"].list { small() }.toIntArray()
    val outputs = runner.run(inputIds, tokenTypeIds, node["length"].small())
    return expected.maxOf { (output, stored) ->
        val found = outputs[output] ?: floatArrayOf()
        if (found.size != stored.size) {
            throw BundleException(
                "golden case '$name': ${runner.runtime} gave ${found.size} values of $output, ${stored.size} are stored",
            )
        }
        // A maximum that keeps NaN, which no comparison admits.
        val worst = stored.indices.fold(0f) { so, i -> maxOf(so, abs(found[i] - stored[i])) }
        if (!(worst <= tolerance)) {
            throw BundleException(
                "golden case '$name': $output of ${runner.runtime} is off by $worst, allowed is $tolerance; " +
                    "this runtime does not compute this model correctly on this phone",
            )
        }
        worst
    }
}
