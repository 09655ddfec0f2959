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
