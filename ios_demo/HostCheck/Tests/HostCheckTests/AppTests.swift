import AppCore
import Foundation
import LiteRTHost
import QACore
import XCTest

/// The app without its screen, from the question to the answer, on the model that ships.
final class AppTests: XCTestCase, @unchecked Sendable {
  @MainActor
  func testTheSamplesOfTheAppAreAnswered() async throws {
    let model = QAViewModel(ModelWorker(try HostSource()))
    model.start()
    await reach(model) { $0.phase == .ready }
    var right = 0
    for sample in Sample.all {
      model.setPassage(sample.passage, suggestions: sample.questions)
      for question in sample.questions {
        model.setQuestion(question)
        model.ask()
        await reach(model) { $0.reply != nil && $0.phase == .ready }
        let reply = try XCTUnwrap(model.state.reply)
        let shown = Highlight(reply.passage, reply.shown)
        XCTAssertEqual(shown.before + shown.answer + shown.after, sample.passage)
        XCTAssertEqual(shown.answer, reply.found.best?.text)
        right += Self.known[question].map { shown.answer.contains($0) } == true ? 1 : 0
        print(question, "->", shown.answer, "|", QATexts.latency(reply.latency))
      }
    }
    // A small student: not every answer must be the right one.
    XCTAssertGreaterThanOrEqual(right, 5)
  }

  func testTheAppsBenchmarkMeasuresTheRealModel() throws {
    let source = try HostSource()
    let bundle = try source.load()
    let plan = try BenchmarkPlan([
      "runtime": "tflite", "tokens": "100", "warmup": "1", "runs": "3", "seconds": "20",
    ])
    let speed = try benchmark(plan, bundle, HostMeter(), passage: Sample.all[0].passage) {
      try source.open(bundle, runtime: "tflite", threads: 1)
    }
    XCTAssertEqual(speed.paddedTokens, 128)
    XCTAssertGreaterThan(speed.wallMs.min() ?? 0, 0.1)
  }

  private static let known = [
    "When does the ferry leave?": "22:40", "Who commands the ship?": "Ines Hallberg",
    "Why does she sail less often in winter?": "ice closes",
    "How much water is needed?": "350 grams", "What is the bread baked in?": "pot",
    "How long does the dough stay on the table?": "fourteen hours",
    "Who opened the café?": "Lefèvre", "What did the tesla taste of?": "chocolate",
    "Where is the sign now?": "physics department", "Who kept the log book?": "Anselm Dorn",
    "What did the flood carry away?": "landing stage",
    "How much honey did the hives give?": "180 kilograms",
  ]

  @MainActor
  private func reach(
    _ model: QAViewModel, line: UInt = #line, _ done: (QAState) -> Bool
  ) async {
    for _ in 0..<60_000 {
      if done(model.state) { return }
      try? await Task.sleep(nanoseconds: 1_000_000)
    }
    XCTFail("still \(model.state.phase)", line: line)
  }
}

private struct HostSource: ModelSource {
  let runtimes = [
    RuntimeChoice(id: "tflite", title: "LiteRT", version: "host", takesThreads: false)
  ]
  private let folder = (0..<5).reduce(URL(fileURLWithPath: #filePath)) { path, _ in
    path.deletingLastPathComponent()
  }.appendingPathComponent("build/host-model/bundle")

  init() throws {
    guard FileManager.default.fileExists(atPath: folder.path) else {
      throw XCTSkip("\(folder.path) is missing: make test-swift writes it")
    }
  }

  func load() throws -> ModelBundle { try ModelBundle(folder: folder) }

  func open(_ bundle: ModelBundle, runtime: String, threads: Int) throws -> any Engine {
    let interface = try bundle.model(runtime).interface
    let model = try LiteRTModel(path: bundle.modelURL(runtime).path, interface: interface)
    return HostEngine(model)
  }
}

/// The host's model as the app's engine; it pads by itself.
private final class HostEngine: Engine {
  private let model: LiteRTModel
  private var (ids, types, length): ([Int32], [Int32], Int) = ([], [], 0)
  private var outputs: [String: [Float]] = [:]

  init(_ model: LiteRTModel) { self.model = model }

  func write(_ entry: Entry, length: Int, inputs: [String: [Int32]]) throws {
    let real = (inputs["attention_mask"] ?? []).reduce(0, +)
    ids = Array((inputs["input_ids"] ?? []).prefix(Int(real)))
    types = Array((inputs["token_type_ids"] ?? []).prefix(Int(real)))
    self.length = length
  }

  func invoke() throws { outputs = try model.run(ids, types, length: length) }

  func read() throws -> [String: [Float]] { outputs }
}

private struct HostMeter: Meter {
  func nanoseconds() -> UInt64 { DispatchTime.now().uptimeNanoseconds }
  func cpuMs() -> Double { Double(clock()) / Double(CLOCKS_PER_SEC) * 1000 }
  func peakBytes() -> Int { 0 }
}
