package distilbertmobile.app.benchmark

import android.app.Activity
import android.content.pm.ApplicationInfo
import android.os.Bundle
import android.os.Process
import android.util.Log
import android.view.WindowManager
import android.widget.TextView
import distilbertmobile.app.R
import distilbertmobile.app.model.Runtime
import distilbertmobile.app.model.bundleKey
import distilbertmobile.app.model.bundleStore
import distilbertmobile.app.model.openModel
import distilbertmobile.app.part
import distilbertmobile.app.qa.samples
import java.io.File
import java.util.UUID
import kotlin.concurrent.thread

/**
 * Measures one setting in a process of its own and ends. For `adb shell am start`; README.md has the
 * command. `results/NAME.json` in the app's files is there when it is complete; `results/failed.txt`
 * says why there is none.
 */
class BenchmarkActivity : Activity() {
    override fun onCreate(saved: Bundle?) {
        super.onCreate(saved)
        window.addFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON)
        setContentView(R.layout.activity_benchmark)
        if (!running) {
            running = true // a process measures once; start it anew with am's -S
            val given = intent.extras?.let { all -> all.keySet().associateWith { "${all.get(it)}" } }.orEmpty()
            failed.delete()
            thread(name = "benchmark") { measure(given) }
        }
    }

    /** The process ends with the screen, so that the next start gets a fresh one. */
    override fun onDestroy() {
        super.onDestroy()
        if (!isFinishing) return
        if (!ended) writeWhole(failed, "the screen was closed before the end\n")
        Process.killProcess(Process.myPid())
    }

    private val results get() = File(filesDir, "results")

    private val failed get() = File(results, "failed.txt")

    private fun measure(given: Map<String, String>) {
        val text = try {
            val plan = Plan.parse(given)
            val bundle = find(plan)
            val target = File(results, "${resultName(plan, bundle)}.json")
            target.delete()
            preload(plan.runtime)
            val before = observePhone(this)
            val speed = benchmark(plan, bundle, PhoneMeter, samples.last().passage, {
                openModel(bundle, plan.runtime, plan.threads, cacheDir)
            }) { round, done -> show(getString(R.string.benchmark_running, round, plan.rounds, done)) }
            val version = Runtime.of(plan.runtime).let { "${it?.title} ${it?.version}" }
            val session = plan.session ?: UUID.randomUUID().toString().replace("-", "")
            val debug = applicationInfo.flags and ApplicationInfo.FLAG_DEBUGGABLE != 0
            val where = Circumstances(describePhone(this), version, debug, before, observePhone(this))
            writeWhole(target, resultJson(plan, bundle, where, session, speed))
            getString(R.string.benchmark_done, target.path)
        } catch (fault: Throwable) {
            Log.e(TAG, "no result", fault)
            writeWhole(failed, "${fault.message ?: fault}\n")
            getString(R.string.benchmark_failed, "${fault.message ?: fault}")
        }
        ended = true
        Log.i(TAG, text)
        show(text)
        runOnUiThread { finishAndRemoveTask() }
    }

    /** The bundle of the app, or one that was put beside it: in its files or on its part of the shared storage. */
    private fun find(plan: Plan): distilbertmobile.core.Bundle {
        val name = plan.bundle ?: return bundleStore(this).load()
        val places = listOfNotNull(File(filesDir, "bundles/$name"), getExternalFilesDir(null)?.let { File(it, "bundles/$name") })
        return distilbertmobile.core.Bundle.load(places.firstOrNull { it.isDirectory } ?: places.first(), bundleKey(this))
    }

    /** Loads the runtime's library, so that its size counts as part of the bare process. */
    private fun preload(runtime: String) {
        val owner = when (Runtime.of(runtime)) {
            Runtime.LITERT -> "com.google.ai.edge.litert.CompiledModel"
            Runtime.EXECUTORCH -> "org.pytorch.executorch.Module"
            null -> return
        }
        try {
            Class.forName(owner)
        } catch (absent: ClassNotFoundException) {
            Log.w(TAG, "$owner is not in this build") // openModel says it better
        }
    }

    private fun show(text: String) = runOnUiThread { part<TextView>(R.id.benchmark_text).text = text }

    private companion object {
        const val TAG = "benchmark"

        @Volatile var running = false

        @Volatile var ended = false
    }
}
