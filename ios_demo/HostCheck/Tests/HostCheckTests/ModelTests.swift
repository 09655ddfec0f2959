import Foundation
import LiteRTHost
import QACore
import XCTest

/// The model that ships, run from Swift: its answers must be those of Python on the same bytes.
final class ModelTests: XCTestCase {
  func testTheSampleQuestionsAreAnsweredAsInPython() throws {
    let (bundle, model) = try load()
    let tokenizer = try bundle.tokenizer()
    let limits = try XCTUnwrap(bundle.manifest.qa)
    let file = Self.folder.appendingPathComponent("answers.json")
    let samples = try JSONDecoder().decode([Sample].self, from: Data(contentsOf: file))
    XCTAssertFalse(samples.isEmpty)
    var worst: Float = 0
    for sample in samples {
      var logits: [SpanLogits] = []
      let found = try answer(
        sample.question, context: sample.context, tokenizer: tokenizer, limits: limits
      ) { ids, types in
        logits.append(try model.spanLogits(ids, types))
        return logits[logits.count - 1]
      }
      XCTAssertEqual(found.best?.span.lowerBound, sample.start, sample.question)
      XCTAssertEqual(found.best?.span.upperBound, sample.end, sample.question)
      XCTAssertEqual(found.best?.text, sample.text, sample.question)
      XCTAssertEqual(logits.map(\.start.count), sample.startLogits.map(\.count))
      let own = logits.flatMap { $0.start + $0.end }
      let theirs = zip(sample.startLogits, sample.endLogits).flatMap { $0 + $1 }
      worst = zip(own, theirs).map { abs($0 - $1) }.reduce(worst, max)
    }
    print("\(samples.count) sample questions: same answers, logits within \(worst)")
    // The same library and processor: only the number of threads may differ.
    XCTAssertLessThanOrEqual(worst, 1e-4)
  }

  func testTheGoldenRunOfTheBundlePasses() throws {
    let (bundle, model) = try load()
    let worst = try bundle.checkGolden("tflite") {
      try model.run($0.inputIDs, $0.tokenTypeIDs, length: $0.length)
    }
    print("golden run: worst difference \(worst)")
  }

  private static let folder = (0..<5).reduce(URL(fileURLWithPath: #filePath)) { path, _ in
    path.deletingLastPathComponent()
  }.appendingPathComponent("build/host-model")

  private func load() throws -> (ModelBundle, LiteRTModel) {
    guard FileManager.default.fileExists(atPath: Self.folder.path) else {
      throw XCTSkip("\(Self.folder.path) is missing: make test-swift writes it")
    }
    let bundle = try ModelBundle(folder: Self.folder.appendingPathComponent("bundle"))
    let model = try LiteRTModel(
      path: bundle.modelURL("tflite").path, interface: bundle.model("tflite").interface)
    return (bundle, model)
  }

  private struct Sample: Decodable {
    let question: String
    let context: String
    let text: String?
    let start: Int?
    let end: Int?
    let startLogits: [[Float]]
    let endLogits: [[Float]]
  }
}
