import QACore

/// A heading and the lines below it.
public struct CardSection: Sendable, Equatable, Identifiable {
  public let title: String
  public let lines: [String]
  public var id: String { title }
}

/// What the bundle says about the model: for people, no number that was not measured.
public func modelCard(_ bundle: ModelBundle, _ runtimes: [RuntimeChoice]) -> [CardSection] {
  let manifest = bundle.manifest
  let models = manifest.models.sorted { $0.key < $1.key }
  return [aboutModel(manifest)]
    + models.map { aboutFile($0.key, $0.value, manifest, runtimes) } + [
      CardSection(
        title: "Licences of the model",
        lines: [
          "Weights: \(manifest.licences.weights ?? "not stated")",
          "Training data: \(manifest.licences.data ?? "not stated")",
        ]),
      CardSection(
        title: "Licences of the software",
        lines: [
          "This app: Apache-2.0", "ExecuTorch: BSD-3-Clause", "XNNPACK: BSD-3-Clause",
          "LiteRT (TensorFlow Lite): Apache-2.0",
        ]),
      CardSection(
        title: "Made from",
        lines: [
          bundle.isSigned
            ? "Signed, as checked with this app's key"
            : "Signature not checked: this app has no key",
          "Checkpoint \(manifest.provenance.checkpointSHA256)",
        ]
          + (manifest.provenance.gitCommit.map { ["Source \($0)"] } ?? [])
          + manifest.provenance.versions.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }),
    ]
}

private func aboutModel(_ manifest: Manifest) -> CardSection {
  let tokenizer = manifest.tokenizer
  let reading = [
    tokenizer.lowercase ? "lower-cased" : "cased",
    tokenizer.stripAccents ? "without accents" : "with accents",
  ].joined(separator: ", ")
  var lines = [
    "Task: \(manifest.task)", "Numbers: \(manifest.recipe)",
    "Vocabulary: \(tokenizer.vocabSize) tokens, \(reading)",
  ]
  if let limits = manifest.qa {
    lines += [
      "Reads \(limits.maxLength) tokens at once; longer passages in windows \(limits.stride) tokens apart",
      "Answers of at most \(limits.maxAnswerTokens) tokens",
    ]
  }
  return CardSection(title: "Model", lines: lines)
}

private func aboutFile(
  _ runtime: String, _ model: ModelFile, _ manifest: Manifest, _ runtimes: [RuntimeChoice]
) -> CardSection {
  let known = runtimes.first { $0.id == runtime }
  let title = known.map { "\($0.title) \($0.version)" } ?? "\(runtime) (not in this build)"
  let megabytes = Double(manifest.files[model.file]?.bytes ?? 0) / 1e6
  let agreement = QATexts.number(100 * model.parity.agreement, 1)
  let accuracy = model.accuracy.map {
    "Measured on \($0.n) questions of \($0.data): F1 \(QATexts.number($0.f1, 1)), exact match "
      + "\(QATexts.number($0.exactMatch, 1)) (checkpoint \(QATexts.number($0.checkpointF1, 1)) "
      + "and \(QATexts.number($0.checkpointExactMatch, 1)))"
  }
  return CardSection(
    title: title,
    lines: [
      "\(model.file): \(QATexts.number(megabytes, 1)) MB",
      "Same answer as in float32: \(agreement) % of \(model.parity.windows) text windows",
      accuracy ?? "Accuracy: not recorded in this bundle",
    ])
}
