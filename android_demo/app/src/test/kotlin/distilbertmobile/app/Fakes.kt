package distilbertmobile.app

import distilbertmobile.app.model.Model
import distilbertmobile.app.model.Shipped
import distilbertmobile.core.BundleKey
import distilbertmobile.core.SpanLogits
import java.io.File
import java.util.ArrayDeque
import java.util.concurrent.Executor

/** The small bundle of the golden cases, whose vocabulary has the words a and b. */
internal object GoldenBundle {
    private val folder = generateSequence(File("").absoluteFile) { it.parentFile }
        .map { File(it, "tests/golden/manifests") }
        .first { File(it, "cases.json").isFile }

    val manifest = File(folder, "accepted/as-exported.json").readText()

    private val signatures = File(folder.parentFile, "signatures.json").readText()

    private fun signed(pattern: String) = Regex(pattern).find(signatures)!!.groupValues[1]

    val key = BundleKey.parse(signed("\"own\": \"([^\"]*)\"").replace("\\n", "\n"), "own")

    /** Of [manifest], by [key]: the first case. */
    val signature get() = signed("\"signature\": \"([0-9a-f]*)\"").chunked(2).map { it.toInt(16).toByte() }.toByteArray()

    fun files(): Map<String, ByteArray> = File(folder, "files").listFiles().orEmpty().associate { it.name to it.readBytes() }

    fun copyTo(target: File) {
        target.mkdirs()
        for ((name, bytes) in files()) File(target, name).writeBytes(bytes)
        File(target, "manifest.json").writeText(manifest)
    }
}

/** The assets of an app; [reads] are the files that were opened. */
internal class FakeAssets(var files: Map<String, ByteArray>) : Shipped {
    val reads = ArrayList<String>()

    override fun open(name: String) = files[name]?.inputStream()?.also { reads += name }

    companion object {
        fun golden() = FakeAssets(GoldenBundle.files() + ("manifest.json" to GoldenBundle.manifest.toByteArray()))
    }
}

/** Computes what is stored for the golden input; otherwise it answers with the token at [place] of a window. */
internal class FakeModel(override val runtime: String, val threads: Int = 1) : Model {
    var place = 3
    var off = 0f
    var isClosed = false
    var runs = 0
    var beforeRun: () -> Unit = {}

    override fun run(inputIds: IntArray, tokenTypeIds: IntArray, length: Int): Map<String, FloatArray> = mapOf(
        "start_logits" to floatArrayOf(0.5f + off, 1f, -1f, 2.25f, 0f),
        "end_logits" to floatArrayOf(0.25f, 0.5f, -1f, 3.5f, 0f),
    )

    override fun run(inputIds: IntArray, tokenTypeIds: IntArray): SpanLogits {
        check(!isClosed) { "used after it was closed" }
        beforeRun()
        runs++
        val logits = FloatArray(inputIds.size) { if (it == place) 5f else 0f }
        return SpanLogits(logits, logits)
    }

    override fun close() {
        isClosed = true
    }
}

/** Runs its tasks only when it is told to, so that a test decides what happens first. */
internal class StepExecutor : Executor {
    private val tasks = ArrayDeque<Runnable>()

    override fun execute(task: Runnable) {
        tasks += task
    }

    fun runAll() {
        while (true) (tasks.poll() ?: return).run()
    }
}
