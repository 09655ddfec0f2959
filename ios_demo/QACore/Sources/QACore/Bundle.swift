import Foundation

/// A bundle folder on disk: loaded only when every byte is the one that was measured.
public struct ModelBundle: Sendable {
  public let folder: URL
  public let manifest: Manifest
  /// Whether the manifest has the signature of the key that the bundle was loaded with.
  public let isSigned: Bool

  static let manifestName = "manifest.json"

  /// Reads the manifest of `folder` and checks every file it lists.
  ///
  /// Where there is a `key`, the manifest must have its signature. `verify: false` skips the SHA-256
  /// and still compares sizes: for a start right after a full check. Throws `QAError` for a missing
  /// folder or file, a manifest of another format or without the signature, a path that leaves the
  /// folder and content other than recorded.
  public init(folder: URL, key: BundleKey? = nil, verify: Bool = true) throws {
    let path = folder.appendingPathComponent(Self.manifestName)
    guard Self.isFile(path) else {
      throw QAError("\(folder.path) is not a bundle: it has no \(Self.manifestName)")
    }
    let written = try Data(contentsOf: path)
    if let key {
      let signature = folder.appendingPathComponent(BundleKey.signatureName)
      let content = Self.isFile(signature) ? try Data(contentsOf: signature) : nil
      try key.check(written, signature: content, place: folder.path)
    }
    isSigned = key != nil
    manifest = try Manifest(written, name: path.lastPathComponent)
    self.folder = folder
    for (name, record) in manifest.files.sorted(by: { $0.key < $1.key }) {
      try check(name, record, verify: verify)
    }
    try checkReferences()
  }

  /// The model of a runtime, "tflite" or "pte"; the error names the runtimes that the bundle has.
  public func model(_ runtime: String) throws -> ModelFile {
    guard let model = manifest.models[runtime] else {
      let there = manifest.models.keys.sorted().joined(separator: ", ")
      throw QAError("the bundle has no '\(runtime)' model; it has: \(there)")
    }
    return model
  }

  /// Where the model file of a runtime is, for a runtime that maps it into memory.
  public func modelURL(_ runtime: String) throws -> URL {
    folder.appendingPathComponent(try model(runtime).file)
  }

  /// The SHA-256 of the manifest, by which results name a bundle.
  public func manifestSHA256() throws -> String {
    sha256(try Data(contentsOf: folder.appendingPathComponent(Self.manifestName)))
  }

  /// The tokenizer of the model.
  public func tokenizer() throws -> WordPiece {
    let record = manifest.tokenizer
    let bytes = try Data(contentsOf: folder.appendingPathComponent(record.file))
    let tokenizer = try WordPiece(
      vocabulary: bytes, lowercase: record.lowercase, stripAccents: record.stripAccents)
    guard tokenizer.vocabularySize == record.vocabSize else {
      throw QAError(
        "\(record.file) has \(tokenizer.vocabularySize) tokens, the manifest says \(record.vocabSize)"
      )
    }
    return tokenizer
  }

  /// The stored inputs and outputs.
  public func golden() throws -> Golden {
    let path = folder.appendingPathComponent(manifest.golden)
    return try Golden(JsonReader(value: Json(Data(contentsOf: path)), place: manifest.golden))
  }

  /// Runs every golden input and returns the worst difference from the stored outputs.
  ///
  /// `run` takes ids, token types and the padded length to run at, and gives the outputs by name,
  /// without padding. Throws `QAError` where one differs by more than the stored tolerance: this
  /// runtime on this device does not compute what was measured, even though the bytes are right.
  public func checkGolden(
    _ runtime: String, run: (GoldenCase) throws -> [String: [Float]]
  ) throws -> Float {
    let golden = try golden()
    var worst: Float = 0
    for stored in golden.cases {
      guard let expected = stored.expected[runtime] else {
        throw QAError("golden case '\(stored.name)' has no outputs of \(runtime)")
      }
      let outputs = try run(stored)
      for (name, values) in expected {
        let found = outputs[name] ?? []
        guard found.count == values.count else {
          throw QAError(
            "golden case '\(stored.name)': \(runtime) gave \(found.count) values of \(name), "
              + "\(values.count) are stored")
        }
        for (one, other) in zip(found, values) {
          let difference = abs(one - other)
          guard difference <= golden.tolerance else {  // NaN too
            throw QAError(
              "golden case '\(stored.name)': \(name) of \(runtime) is off by \(difference), "
                + "allowed is \(golden.tolerance); this runtime does not compute this model "
                + "correctly on this device")
          }
          worst = max(worst, difference)
        }
      }
    }
    return worst
  }

  private func check(_ name: String, _ record: FileRecord, verify: Bool) throws {
    let path = folder.appendingPathComponent(name)
    let isPlain = !name.isEmpty && name != "." && name != ".." && !name.contains("/")
    let parent = path.resolvingSymlinksInPath().deletingLastPathComponent().path
    guard isPlain, !name.unicodeScalars.contains("\0"),
      parent == folder.resolvingSymlinksInPath().path
    else {
      throw QAError("\(Self.manifestName) names '\(name)', which is outside the bundle folder")
    }
    guard Self.isFile(path) else {
      throw QAError("\(name) is missing from the bundle; copy or export it again")
    }
    let data = try Data(contentsOf: path, options: .mappedIfSafe)
    guard data.count == record.bytes else {
      throw QAError(
        "\(name) has \(data.count) bytes, the manifest says \(record.bytes); "
          + "copy or export it again")
    }
    if !verify { return }
    let digest = sha256(data)
    guard digest == record.sha256 else {
      throw QAError(
        "\(name) is not the file that was measured: its SHA-256 is \(digest.prefix(12))..., "
          + "the manifest says \(record.sha256.prefix(12))...; copy or export it again")
    }
  }

  private func checkReferences() throws {
    let models = manifest.models.values.map(\.file).sorted()
    if models.isEmpty {
      throw QAError("\(Self.manifestName) lists no model; export the bundle again")
    }
    for name in models + [manifest.tokenizer.file, manifest.golden]
    where manifest.files[name] == nil {
      throw QAError("\(Self.manifestName) uses '\(name)' but records no size and SHA-256 for it")
    }
    if manifest.files[manifest.tokenizer.file]?.sha256 != manifest.tokenizer.sha256 {
      throw QAError("\(manifest.tokenizer.file) is not the vocabulary of this model")
    }
  }

  private static func isFile(_ path: URL) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path.path, isDirectory: &isFolder)
      && !isFolder.boolValue
  }
}

/// One stored input, and the outputs each runtime gave when the bundle was built.
///
/// `length` is the padded length to run at; ids and outputs hold the real tokens only. `expected`
/// maps runtime ("reference" is the float32 network) to output name to values.
public struct GoldenCase: Sendable, Equatable {
  public let name: String
  public let length: Int
  public let inputIDs: [Int32]
  public let tokenTypeIDs: [Int32]
  public let expected: [String: [String: [Float]]]
}

/// The golden file of a bundle. An output may differ from the stored one by `tolerance` at most.
public struct Golden: Sendable, Equatable {
  public let tolerance: Float
  public let cases: [GoldenCase]
}

extension Golden {
  init(_ reader: JsonReader) throws {
    let field = try reader.fields(["tolerance", "cases"])
    try self.init(
      tolerance: Float(field("tolerance").double()), cases: field("cases").list(GoldenCase.init))
  }
}

extension GoldenCase {
  init(_ reader: JsonReader) throws {
    let field = try reader.fields(["name", "length", "input_ids", "token_type_ids", "expected"])
    let ids = try field("input_ids").list { try $0.id() }
    let types = try field("token_type_ids").list { try $0.id() }
    guard ids.count == types.count else {
      throw QAError("\(reader.place) has \(ids.count) ids, but \(types.count) token types")
    }
    try self.init(
      name: field("name").text(), length: field("length").int(), inputIDs: ids,
      tokenTypeIDs: types,
      expected: field("expected").map { try $0.map { try $0.list { try Float($0.double()) } } })
  }
}

extension JsonReader {
  fileprivate func id() throws -> Int32 {
    guard let id = Int32(exactly: try int()) else { throw QAError("\(place) is no token id") }
    return id
  }
}
