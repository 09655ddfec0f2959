package distilbertmobile.app.benchmark

import android.app.ActivityManager
import android.content.Context
import android.os.Build
import android.os.Process
import android.os.SystemClock
import java.io.File
import java.io.IOException

/** This process on a phone. */
object PhoneMeter : Meter {
    override fun nanos(): Long = SystemClock.elapsedRealtimeNanos()

    override fun cpuMs(): Double = Process.getElapsedCpuTime().toDouble() // whole milliseconds

    override fun peakBytes(): Long = statusBytes(File("/proc/self/status").readLines(), "VmHWM")

    override fun forgetPeak() = try {
        File("/proc/self/clear_refs").writeText("5")
    } catch (refused: IOException) {
        // Some phones do not allow it: then the peak before loading counts as memory of the bare process.
    }
}

/** A field of /proc/self/status that is given in kB, in bytes. */
internal fun statusBytes(lines: List<String>, field: String): Long {
    val line = lines.firstOrNull { it.startsWith("$field:") } ?: throw IOException("/proc/self/status has no $field")
    return line.removePrefix("$field:").trim().substringBefore(' ').toLong() * 1024
}

fun describePhone(context: Context): Device {
    val memory = ActivityManager.MemoryInfo()
    (context.getSystemService(Context.ACTIVITY_SERVICE) as ActivityManager).getMemoryInfo(memory)
    return Device(
        name = "${Build.MANUFACTURER} ${Build.MODEL}",
        system = "Android ${Build.VERSION.RELEASE} (${Build.FINGERPRINT})",
        processor = "${Build.HARDWARE} ${Build.BOARD} ${Build.SUPPORTED_ABIS.first()}",
        cores = java.lang.Runtime.getRuntime().availableProcessors(),
        memoryBytes = memory.totalMem,
    )
}
