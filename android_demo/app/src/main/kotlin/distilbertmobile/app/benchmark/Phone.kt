package distilbertmobile.app.benchmark

import android.app.ActivityManager
import android.content.Context
import android.content.Intent
import android.content.IntentFilter
import android.os.BatteryManager
import android.os.Build
import android.os.PowerManager
import android.os.Process
import android.os.SystemClock
import android.provider.Settings
import java.io.File
import java.io.IOException
import java.util.Date

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

/** The phone now. The battery's state is that of the system's last message. */
fun observePhone(context: Context): Conditions {
    val battery = context.registerReceiver(null, IntentFilter(Intent.ACTION_BATTERY_CHANGED))
    fun told(name: String): Int? = battery?.getIntExtra(name, -1)?.takeIf { it >= 0 }
    val power = context.getSystemService(Context.POWER_SERVICE) as PowerManager
    val (level, scale) = told(BatteryManager.EXTRA_LEVEL) to told(BatteryManager.EXTRA_SCALE)
    return Conditions(
        at = Date(),
        batteryC = told(BatteryManager.EXTRA_TEMPERATURE)?.let { it / 10.0 },
        batteryPercent = if (level == null || scale == null || scale == 0) null else 100.0 * level / scale,
        batterySaver = power.isPowerSaveMode,
        charging = told(BatteryManager.EXTRA_PLUGGED)?.let { it > 0 },
        airplaneMode = Settings.Global.getInt(context.contentResolver, Settings.Global.AIRPLANE_MODE_ON, 0) != 0,
        screenOn = power.isInteractive,
        clocksKhz = clocks(File("/sys/devices/system/cpu"), "scaling_cur_freq"),
        clockLimitsKhz = clocks(File("/sys/devices/system/cpu"), "scaling_max_freq"),
    )
}

/** A clock of every core whose file can be read; some phones show none to apps. */
internal fun clocks(cpus: File, name: String): Map<String, Long> =
    cpus.list().orEmpty().filter { CPU.matches(it) }.sortedBy { it.drop(3).toInt() }.mapNotNull { cpu ->
        try {
            cpu.drop(3) to File(cpus, "$cpu/cpufreq/$name").readText().trim().toLong()
        } catch (hidden: IOException) {
            null
        } catch (odd: NumberFormatException) {
            null
        }
    }.toMap()

private val CPU = Regex("cpu[0-9]+")
