package distilbertmobile.app.benchmark

import distilbertmobile.core.Bundle
import java.io.File
import java.text.SimpleDateFormat
import java.util.Date
import java.util.Locale
import java.util.TimeZone

/** The phone, as a result names it. */
data class Device(val name: String, val system: String, val processor: String, val cores: Int, val memoryBytes: Long)

/** The phone at one moment; null is what it does not tell. Clocks in kHz by the number of the core. */
data class Conditions(
    val at: Date,
    val batteryC: Double?,
    val batteryPercent: Double?,
    val batterySaver: Boolean?,
    val charging: Boolean?,
    val airplaneMode: Boolean?,
    val screenOn: Boolean?,
    val clocksKhz: Map<String, Long>,
    val clockLimitsKhz: Map<String, Long>,
)

/** Where and when: the phone, the build, its state before and after; `before.at` is when it began. */
data class Circumstances(val device: Device, val runtimeVersion: String, val debugBuild: Boolean, val before: Conditions, val after: Conditions)

/** A result of speed as `bench/result.py` reads it; no statistic, only samples. */
fun resultJson(plan: Plan, bundle: Bundle, where: Circumstances, session: String, speed: Speed): String {
    val device = where.device
    val manifest = bundle.manifest
    val model = bundle.model(plan.runtime)
    val record = manifest.files.getValue(model.file)
    val name = plan.name ?: plan.bundle ?: bundle.folder.name
    return json(
        linkedMapOf(
            "version" to 2,
            "measured_at" to isoTime(where.before.at),
            "device" to linkedMapOf(
                "kind" to "android",
                "name" to device.name,
                "system" to device.system,
                "processor" to device.processor,
                "cores" to device.cores,
                "memory_bytes" to device.memoryBytes,
            ),
            "subject" to linkedMapOf(
                "model" to name.removeSuffix("-${manifest.recipe}"),
                "recipe" to manifest.recipe,
                "weights" to if (manifest.weightsLicence == RANDOM_LICENCE) "random weights: size and speed only" else "trained",
                "parameters" to null,
                "bundle" to name,
                "manifest_sha256" to Bundle.sha256(File(bundle.folder, "manifest.json")),
                "file" to model.file,
                "file_bytes" to record.bytes,
                "file_sha256" to record.sha256,
                "parity" to model.parity.run {
                    linkedMapOf("windows" to windows, "min_cosine" to minCosine, "max_error" to maxError, "agreement" to agreement)
                },
                "size" to model.size,
            ),
            "runtime" to plan.runtime,
            "runtime_version" to where.runtimeVersion,
            "runner" to "app",
            "workload" to linkedMapOf(
                "threads" to plan.threads,
                "tokens" to speed.tokens,
                "padded_tokens" to speed.paddedTokens,
                "cpus" to emptyList<Int>(),
            ),
            "speed" to linkedMapOf(
                "session" to session,
                "starts" to listOf(
                    linkedMapOf(
                        "at_s" to speed.loadAtS,
                        "load_ms" to speed.loadMs,
                        "first_ms" to speed.firstMs,
                        "first_cpu_ms" to speed.firstCpuMs,
                        "warmup_ms" to speed.warmupMs,
                    ),
                ),
                "round_sizes" to speed.roundSizes,
                "at_s" to speed.runAtS,
                "wall_ms" to speed.wallMs,
                "cpu_ms" to speed.cpuMs,
                "debug_build" to where.debugBuild,
            ),
            "printed" to null,
            "memory" to linkedMapOf(
                "method" to "VmHWM of the timed process",
                "bare_bytes" to speed.bareBytes,
                "peak_bytes" to speed.peakBytes,
            ),
            "work" to null,
            "accuracy" to null,
            "before" to conditions(where.before),
            "after" to conditions(where.after),
            "notes" to emptyList<Any>(),
        ),
    )
}

private fun conditions(state: Conditions) = linkedMapOf(
    "at" to isoTime(state.at),
    "temperatures_c" to (state.batteryC?.let { mapOf("battery" to it) } ?: emptyMap<String, Double>()),
    "clocks_khz" to state.clocksKhz,
    "clock_limits_khz" to state.clockLimitsKhz,
    "governor" to null,
    "thermal_status" to null,
    "busy_cores" to null,
    "throttled_ms" to null,
    "swapped_bytes" to null,
    "battery_percent" to state.batteryPercent,
    "battery_saver" to state.batterySaver,
    "charging" to state.charging,
    "airplane_mode" to state.airplaneMode,
    "screen_on" to state.screenOn,
)

/** The name of a result's file, without its ending. */
fun resultName(plan: Plan, bundle: Bundle): String =
    "${plan.name ?: plan.bundle ?: bundle.folder.name}-${plan.runtime}-${plan.threads}t-${plan.tokens}"

/** Writes [text] to [file], complete or not at all. */
fun writeWhole(file: File, text: String) {
    file.parentFile?.mkdirs()
    val partial = File(file.parentFile, ".${file.name}.partial")
    partial.writeText(text)
    if (!partial.renameTo(file)) throw java.io.IOException("cannot rename $partial to $file")
}

private const val RANDOM_LICENCE = "random-weights"

private fun isoTime(time: Date) = SimpleDateFormat("yyyy-MM-dd'T'HH:mm:ss'+00:00'", Locale.ROOT).apply {
    timeZone = TimeZone.getTimeZone("UTC")
}.format(time)

/** Maps, lists, texts, numbers and null as JSON. */
internal fun json(value: Any?): String = when (value) {
    null -> "null"
    is Map<*, *> -> value.entries.joinToString(", ", "{", "}") { "${json(it.key)}: ${json(it.value)}" }
    is List<*> -> value.joinToString(", ", "[", "]") { json(it) }
    is String -> quoted(value)
    is Int, is Long, is Boolean -> value.toString()
    is Double -> value.toString().also { require(value.isFinite()) { "a result holds $value" } }
    else -> throw IllegalArgumentException("no JSON for ${value.javaClass}")
}

private fun quoted(text: String): String = buildString {
    append('"')
    for (c in text) {
        when {
            c == '"' || c == '\\' -> append('\\').append(c)
            c in ' '..'~' -> append(c)
            else -> append(String.format(Locale.ROOT, "\\u%04x", c.code))
        }
    }
    append('"')
}
