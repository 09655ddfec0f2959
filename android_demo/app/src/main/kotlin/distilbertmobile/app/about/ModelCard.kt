package distilbertmobile.app.about

import distilbertmobile.app.model.Runtime
import distilbertmobile.core.Manifest
import java.util.Locale

/** A heading and the lines below it. */
data class Section(val title: String, val lines: List<String>)

/**
 * What the manifest says about the model: for people, no number that was not measured.
 *
 * @param isSigned whether the bundle was checked with a key of this app
 */
fun modelCard(manifest: Manifest, isSigned: Boolean): List<Section> = buildList {
    add(
        Section(
            "Model",
            listOfNotNull(
                "Task: ${manifest.task}",
                "Numbers: ${manifest.recipe}",
                "Vocabulary: ${manifest.tokenizer.vocabSize} tokens, " + if (manifest.tokenizer.lowercase) "lower-cased" else "cased",
                manifest.qa?.let { "Reads ${it.maxLength} tokens at once; longer passages in windows ${it.stride} tokens apart" },
                manifest.qa?.let { "Answers of at most ${it.maxAnswerTokens} tokens" },
                if (manifest.qa == null) "Labels: ${manifest.labels.joinToString()}" else null,
            ),
        ),
    )
    for ((runtime, model) in manifest.models) {
        val known = Runtime.of(runtime)
        add(
            Section(
                if (known == null) runtime else "${known.title} ${known.version}",
                listOfNotNull(
                    "${model.file}: ${megabytes(manifest.files.getValue(model.file).bytes)} MB",
                    "Same answer as in float32: ${percent(model.parity.agreement)} of ${model.parity.windows} text windows",
                    model.accuracy?.let {
                        "Measured on ${it.n} questions of ${it.data}: F1 ${score(it.f1)}, exact match ${score(it.exactMatch)} " +
                            "(checkpoint ${score(it.checkpointF1)} and ${score(it.checkpointExactMatch)})"
                    } ?: "Accuracy: not recorded in this bundle",
                ),
            ),
        )
    }
    add(
        Section(
            "Licences of the model",
            listOf("Weights: ${manifest.weightsLicence ?: "not stated"}", "Training data: ${manifest.dataLicence ?: "not stated"}"),
        ),
    )
    add(Section("Licences of the software", softwareLicences))
    add(
        Section(
            "Made from",
            listOfNotNull(
                if (isSigned) "Signed, as checked with this app's key" else "Signature not checked: this app has no key",
                "Checkpoint ${manifest.checkpointSha256}",
                manifest.gitCommit?.let { "Source $it" },
                manifest.versions.entries.joinToString { "${it.key} ${it.value}" },
            ),
        ),
    )
}

private val softwareLicences = listOf(
    "This app: Apache-2.0",
    "LiteRT: Apache-2.0",
    "ExecuTorch: BSD-3-Clause",
    "XNNPACK: BSD-3-Clause",
    "fbjni and SoLoader: Apache-2.0",
    "Kotlin: Apache-2.0",
)

private fun megabytes(bytes: Long) = String.format(Locale.ROOT, "%.1f", bytes / 1e6)

private fun percent(share: Double) = String.format(Locale.ROOT, "%.1f %%", 100 * share)

private fun score(percent: Double) = String.format(Locale.ROOT, "%.1f", percent)
