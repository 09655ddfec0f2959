package distilbertmobile.app.benchmark

import distilbertmobile.core.Bundle
import java.io.File
import java.text.SimpleDateFormat
import java.util.Date
import java.util.Locale
import java.util.TimeZone

/** The phone, as a result names it. */
data class Device(val name: String, val system: String, val processor: String, val cores: Int, val memoryBytes: Long)

/** A result of speed as `bench/result.py` reads it; no statistic, only samples. */
fun resultJson(plan: Plan, bundle: Bundle, device: Device, runtimeVersion: String, measuredAt: Date, session: String, speed: Speed): String {
    val manifest = bundle.manifest
    val model = bundle.model(plan.runtime)
    val record = manifest.files.getValue(model.file)
    val name = plan.name ?: plan.bundle ?: bundle.folder.name
    return json(
        linkedMapOf(
            "version" to 1,
            "measured_at" to isoTime(measuredAt),
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
            "runtime_version" to runtimeVersion,
            "speed" to linkedMapOf(
                "session" to session,
                "threads" to plan.threads,
                "tokens" to speed.tokens,
                "padded_tokens" to speed.paddedTokens,
                "load_ms" to speed.loadMs,
                "first_ms" to speed.firstMs,
                "first_cpu_ms" to speed.firstCpuMs,
                "warmup" to plan.warmup,
                "round_sizes" to speed.roundSizes,
                "wall_ms" to speed.wallMs,
                "cpu_ms" to speed.cpuMs,
                "bare_bytes" to speed.bareBytes,
                "peak_bytes" to speed.peakBytes,
            ),
            "accuracy" to null,
        ),
    )
}

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
    is Int, is Long -> value.toString()
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
