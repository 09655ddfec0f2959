import AppCore
import Foundation
import QACore
import XCTest

private let golden = (0..<4).reduce(URL(fileURLWithPath: #filePath)) { path, _ in
  path.deletingLastPathComponent()
}.appendingPathComponent("tests/golden")

/// A bundle of the golden cases in a folder of its own.
func goldenBundle(_ name: String = "as-exported") throws -> URL {
  let manifests = golden.appendingPathComponent("manifests")
  let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("bundle-\(UUID().uuidString)")
  try FileManager.default.copyItem(at: manifests.appendingPathComponent("files"), to: folder)
  try FileManager.default.copyItem(
    at: manifests.appendingPathComponent("accepted/\(name).json"),
    to: folder.appendingPathComponent("manifest.json"))
  return folder
}

/// The key in PEM that signed the golden bundle, and its signature: the first case.
func goldenSignature() throws -> (key: String, signature: Data) {
  struct File: Decodable {
    let keys: [String: String]
    let cases: [Case]
  }
  struct Case: Decodable { let signature: String? }
  let path = golden.appendingPathComponent("signatures.json")
  let file = try JSONDecoder().decode(File.self, from: Data(contentsOf: path))
  let digits = Array(try XCTUnwrap(file.cases.first?.signature).utf8)
  let bytes = try stride(from: 0, to: digits.count, by: 2).map {
    try XCTUnwrap(UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16))
  }
  return (try XCTUnwrap(file.keys["own"]), Data(bytes))
}

/// Gives the stored outputs for the golden input; elsewhere the answer is the first `b` of a passage
/// whose tokens are `a` (5) and `b` (6).
final class FakeEngine: Engine {
  var wrong: Float = 0
  private(set) var lengths: [Int] = []
  private var ids: [Int32] = []

  func write(_ entry: Entry, length: Int, inputs: [String: [Int32]]) throws {
    XCTAssertEqual(Set(inputs.keys), ["input_ids", "attention_mask", "token_type_ids"])
    XCTAssertTrue(inputs.values.allSatisfy { $0.count == length })
    ids = inputs["input_ids"] ?? []
    lengths.append(length)
  }

  func invoke() throws {}

  func read() throws -> [String: [Float]] {
    if ids.starts(with: [2, 5, 3, 6, 3]), !ids.dropFirst(5).contains(where: { $0 != 0 }) {
      let padding = [Float](repeating: 99, count: ids.count - 5)
      return [
        "start_logits": [0.5, 1.02 + wrong, -1, 2.25, 0] + padding,
        "end_logits": [0.25, 0.5, -1, 3.48, 0] + padding,
      ]
    }
    let logits = ids.map { $0 == 6 ? Float(1) : 0 }
    return ["start_logits": logits, "end_logits": logits]
  }
}

/// The golden bundle with fake runtimes; `fault` is thrown where it is set.
final class FakeSource: ModelSource, @unchecked Sendable {
  let runtimes = [
    RuntimeChoice(id: "pte", title: "ExecuTorch", version: "1", takesThreads: false),
    RuntimeChoice(id: "tflite", title: "LiteRT", version: "2", takesThreads: true),
  ]
  let folder: URL
  var fault: QAError?
  var wrong: Float = 0
  private(set) var opened: [String] = []

  init(_ folder: URL) { self.folder = folder }

  func load() throws -> ModelBundle {
    if let fault { throw fault }
    return try ModelBundle(folder: folder)
  }

  func open(_ bundle: ModelBundle, runtime: String, threads: Int) throws -> any Engine {
    opened.append("\(runtime) \(threads)")
    let engine = FakeEngine()
    engine.wrong = wrong
    return engine
  }
}
