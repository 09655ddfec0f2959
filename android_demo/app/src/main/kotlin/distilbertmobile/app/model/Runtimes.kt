package distilbertmobile.app.model

import distilbertmobile.app.BuildConfig
import distilbertmobile.core.Bundle
import distilbertmobile.core.BundleException
import java.io.File

/** A runtime by its name in the manifest, as people know it, with the version that is built in. */
enum class Runtime(val key: String, val title: String, val version: String) {
    LITERT("tflite", "LiteRT", BuildConfig.LITERT_VERSION),
    EXECUTORCH("pte", "ExecuTorch", BuildConfig.EXECUTORCH_VERSION),
    ;

    companion object {
        fun of(key: String): Runtime? = entries.firstOrNull { it.key == key }
    }
}

/**
 * Loads the model of a runtime.
 *
 * @param scratch a folder for short-lived files
 * @throws BundleException where this app or this bundle has no such runtime, or the file does not load
 */
fun openModel(bundle: Bundle, runtime: String, threads: Int, scratch: File): Runner {
    val call = bundle.model(runtime).call
    val file = bundle.modelFile(runtime)
    val known = Runtime.of(runtime) ?: throw BundleException("this app cannot run a '$runtime' model")
    val engine = try {
        when (known) {
            Runtime.LITERT -> LiteRtEngine(file, call, threads, scratch)
            Runtime.EXECUTORCH -> ExecuTorchEngine(file, call, threads)
        }
    } catch (missing: LinkageError) {
        throw BundleException("this build of the app holds no ${known.title} for this phone (${missing.message}); build it with Gradle")
    } catch (fault: Exception) {
        throw BundleException("${known.title} ${known.version} cannot load ${file.name}: ${fault.message}")
    }
    return Runner(runtime, call, engine)
}
