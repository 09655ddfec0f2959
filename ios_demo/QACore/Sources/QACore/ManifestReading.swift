// How each part of a manifest is read: every field there and no other, each of its type.

extension Manifest {
  init(_ reader: JsonReader) throws {
    let field = try reader.fields([
      "format_version", "task", "recipe", "labels", "models", "tokenizer", "qa", "golden", "files",
      "licences", "provenance",
    ])
    task = try field("task").text()
    recipe = try field("recipe").text()
    labels = try field("labels").list { try $0.text() }
    models = try field("models").map(ModelFile.init)
    tokenizer = try VocabularyRecord(field("tokenizer"))
    qa = try field("qa").optional(QALimits.init)
    golden = try field("golden").text()
    files = try field("files").map(FileRecord.init)
    licences = try Licences(field("licences"))
    provenance = try Provenance(field("provenance"))
    try checkLengths(reader.place)
  }

  /// Windows must fit every model; an entry is taken where it is the first that fits.
  private func checkLengths(_ place: String) throws {
    for (runtime, model) in models.sorted(by: { $0.key < $1.key }) {
      let lengths = model.interface.entries.map(\.maxLength)
      guard let longest = lengths.last, zip(lengths, lengths.dropFirst()).allSatisfy(<) else {
        throw QAError(
          "\(place): the entries of \(runtime) must be at least one, the shortest first, "
            + "found lengths \(lengths); export the bundle again")
      }
      if let qa, qa.maxLength > longest {
        throw QAError(
          "\(place): max_length is \(qa.maxLength), but \(runtime) takes at most \(longest) tokens; "
            + "export the bundle again")
      }
    }
  }
}

extension FileRecord {
  init(_ reader: JsonReader) throws {
    let field = try reader.fields(["bytes", "sha256"])
    try self.init(bytes: field("bytes").int(), sha256: field("sha256").text())
  }
}

extension TensorSpec {
  init(_ reader: JsonReader) throws {
    let field = try reader.fields(["name", "dtype", "shape"])
    try self.init(
      name: field("name").text(), dtype: field("dtype").text(),
      shape: field("shape").list(Axis.init))
  }
}

extension Axis {
  init(_ reader: JsonReader) throws {
    if case .text("length") = reader.value {
      self = .length
    } else {
      self = try .fixed(reader.int())
    }
  }
}

extension Entry {
  init(_ reader: JsonReader) throws {
    let field = try reader.fields(["name", "min_length", "max_length"])
    let (least, most) = try (field("min_length").int(), field("max_length").int())
    let name = try field("name").text()
    guard 1 <= least, least <= most, most <= QALimits.longest else {
      throw QAError(
        "\(reader.place) '\(name)' takes \(least) to \(most) tokens; "
          + "expected 1 to \(QALimits.longest), export the bundle again")
    }
    self.init(name: name, minLength: least, maxLength: most)
  }
}

extension ModelInterface {
  init(_ reader: JsonReader) throws {
    let field = try reader.fields(["entries", "inputs", "outputs"])
    try self.init(
      entries: field("entries").list(Entry.init), inputs: field("inputs").list(TensorSpec.init),
      outputs: field("outputs").list(TensorSpec.init))
  }
}

extension Parity {
  init(_ reader: JsonReader) throws {
    let field = try reader.fields(["windows", "min_cosine", "max_error", "agreement"])
    try self.init(
      windows: field("windows").int(), minCosine: field("min_cosine").double(),
      maxError: field("max_error").double(), agreement: field("agreement").double())
  }
}

extension Accuracy {
  init(_ reader: JsonReader) throws {
    let field = try reader.fields([
      "data", "n", "exact_match", "f1", "checkpoint_exact_match", "checkpoint_f1",
      "f1_change_low", "f1_change_high", "changed",
    ])
    try self.init(
      data: field("data").text(), n: field("n").int(), exactMatch: field("exact_match").double(),
      f1: field("f1").double(), checkpointExactMatch: field("checkpoint_exact_match").double(),
      checkpointF1: field("checkpoint_f1").double(),
      f1ChangeLow: field("f1_change_low").double(), f1ChangeHigh: field("f1_change_high").double(),
      changed: field("changed").int())
  }
}

extension Operators {
  init(_ reader: JsonReader) throws {
    let field = try reader.fields(["delegated", "delegates", "left_over"])
    try self.init(
      delegated: field("delegated").int(), delegates: field("delegates").int(),
      leftOver: field("left_over").map { try $0.int() })
  }
}

extension ModelFile {
  init(_ reader: JsonReader) throws {
    let field = try reader.fields([
      "file", "interface", "parity", "accuracy", "size", "operators",
    ])
    try self.init(
      file: field("file").text(), interface: ModelInterface(field("interface")),
      parity: Parity(field("parity")), accuracy: field("accuracy").optional(Accuracy.init),
      size: field("size").map { try $0.map { try $0.int() } },
      operators: Operators(field("operators")))
  }
}

extension VocabularyRecord {
  private static let largest = 1_000_000
  private static let wordPiece = "wordpiece"

  init(_ reader: JsonReader) throws {
    let field = try reader.fields([
      "file", "sha256", "vocab_size", "lowercase", "strip_accents", "kind",
    ])
    let kind = try field("kind").text()
    guard kind == Self.wordPiece else {
      throw QAError(
        "\(reader.place).kind is '\(kind)', but this app reads \(Self.wordPiece) only; "
          + "take a BERT, DistilBERT, ELECTRA or MobileBERT")
    }
    let size = try field("vocab_size").int()
    guard (1...Self.largest).contains(size) else {
      throw QAError(
        "\(reader.place).vocab_size must be from 1 to \(Self.largest), found \(size); "
          + "export the bundle again")
    }
    try self.init(
      file: field("file").text(), sha256: field("sha256").text(), vocabSize: size,
      lowercase: field("lowercase").bool(), stripAccents: field("strip_accents").bool())
  }
}

extension QALimits {
  init(_ reader: JsonReader) throws {
    let field = try reader.fields([
      "max_question_tokens", "max_length", "stride", "max_answer_tokens", "n_best",
      "null_threshold",
    ])
    try self.init(
      maxQuestionTokens: field("max_question_tokens").int(),
      maxLength: field("max_length").int(), stride: field("stride").int(),
      maxAnswerTokens: field("max_answer_tokens").int(), nBest: field("n_best").int(),
      nullThreshold: field("null_threshold").optional { try $0.double() })
  }
}

extension Licences {
  init(_ reader: JsonReader) throws {
    let field = try reader.fields(["weights", "data"])
    try self.init(
      weights: field("weights").optional { try $0.text() },
      data: field("data").optional { try $0.text() })
  }
}

extension Provenance {
  init(_ reader: JsonReader) throws {
    let field = try reader.fields(["checkpoint_sha256", "git_commit", "versions"])
    try self.init(
      checkpointSHA256: field("checkpoint_sha256").text(),
      gitCommit: field("git_commit").optional { try $0.text() },
      versions: field("versions").map { try $0.text() })
  }
}
