import Foundation

/// Size and SHA-256 of one file of the bundle.
public struct FileRecord: Sendable, Equatable {
  public let bytes: Int
  public let sha256: String
}

/// One axis of a tensor: a number, or the word "length" for the length of the entry.
public enum Axis: Sendable, Equatable {
  case fixed(Int)
  case length
}

/// One graph input or output.
public struct TensorSpec: Sendable, Equatable {
  public let name: String
  public let dtype: String
  public let shape: [Axis]
}

/// One signature (.tflite) or method (.pte), for inputs of `minLength` to `maxLength` tokens.
public struct Entry: Sendable, Equatable {
  public let name: String
  public let minLength: Int
  public let maxLength: Int
}

/// How to call a model file: entries shortest first, tensors in the order of the graph.
public struct ModelInterface: Sendable, Equatable {
  public let entries: [Entry]
  public let inputs: [TensorSpec]
  public let outputs: [TensorSpec]

  /// The longest input that the file takes, in tokens.
  public var maxLength: Int { entries.map(\.maxLength).max() ?? 0 }

  /// The shortest entry for `tokens` tokens, and the length to pad them to; `length` asks for one.
  public func entry(for tokens: Int, length: Int? = nil) throws -> (entry: Entry, length: Int) {
    for entry in entries {
      let padded = length ?? max(tokens, entry.minLength)
      if tokens >= 1, tokens <= padded, (entry.minLength...entry.maxLength).contains(padded) {
        return (entry, padded)
      }
    }
    let takes = entries.map {
      $0.minLength == $0.maxLength ? "\($0.maxLength)" : "\($0.minLength) to \($0.maxLength)"
    }
    let wanted = "\(tokens) tokens" + (length.map { " at length \($0)" } ?? "")
    throw QAError(
      "\(wanted) do not fit this model; it takes \(takes.joined(separator: ", ")) tokens")
  }
}

/// The file against the float32 network of the checkpoint, on the same padded text windows.
public struct Parity: Sendable, Equatable {
  public let windows: Int
  public let minCosine: Double
  public let maxError: Double
  public let agreement: Double
}

/// Task scores of the file and of its checkpoint on the same questions, in percent.
public struct Accuracy: Sendable, Equatable {
  public let data: String
  public let n: Int
  public let exactMatch: Double
  public let f1: Double
  public let checkpointExactMatch: Double
  public let checkpointF1: Double
  public let f1ChangeLow: Double
  public let f1ChangeHigh: Double
  public let changed: Int
}

/// Where the work of one inference runs: inside the XNNPACK delegate or outside it.
public struct Operators: Sendable, Equatable {
  public let delegated: Int
  public let delegates: Int
  public let leftOver: [String: Int]
}

/// One model file of the bundle and what was measured on its bytes.
public struct ModelFile: Sendable, Equatable {
  public let file: String
  public let interface: ModelInterface
  public let parity: Parity
  public let accuracy: Accuracy?
  /// Bytes by tensor class, then by dtype; the sum is the file size.
  public let size: [String: [String: Int]]
  public let operators: Operators
}

/// The vocabulary the model was trained with, and how text is read before it is looked up.
public struct VocabularyRecord: Sendable, Equatable {
  public let file: String
  public let sha256: String
  public let vocabSize: Int
  public let lowercase: Bool
  public let stripAccents: Bool
}

/// Licences as the checkpoint's model card states them, nil where it states none.
public struct Licences: Sendable, Equatable {
  public let weights: String?
  public let data: String?
}

/// Where the bundle came from.
public struct Provenance: Sendable, Equatable {
  public let checkpointSHA256: String
  public let gitCommit: String?
  public let versions: [String: String]
}

/// Everything an app needs to know about a bundle.
public struct Manifest: Sendable, Equatable {
  public let task: String
  public let recipe: String
  public let labels: [String]
  public let models: [String: ModelFile]
  public let tokenizer: VocabularyRecord
  public let qa: QALimits?
  public let golden: String
  public let files: [String: FileRecord]
  public let licences: Licences
  public let provenance: Provenance

  public static let formatVersion = 1
  public static let questionAnswering = "question-answering"
  public static let sequenceClassification = "sequence-classification"

  /// Reads a manifest; `name` is what errors call it. Throws `QAError` for another format version,
  /// a missing or unknown field, a value of another type and limits out of their range.
  public init(_ data: Data, name: String) throws {
    let json: Json
    do {
      json = try Json(data)
    } catch {
      throw QAError("\(name) is damaged (\(error)); copy or export the bundle again")
    }
    guard case .object(let fields) = json else {
      throw QAError("\(name) is damaged (it is no object); copy or export the bundle again")
    }
    guard case .whole(let version)? = fields["format_version"],
      version == String(Self.formatVersion)
    else {
      throw QAError(
        "\(name) has format version \(fields["format_version"]?.shown ?? "of no kind"), "
          + "this app reads \(Self.formatVersion); export the bundle again or update the app")
    }
    try self.init(JsonReader(value: json, place: name))
  }
}

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
