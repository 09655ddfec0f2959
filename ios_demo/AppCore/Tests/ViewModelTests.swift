import AppCore
import Foundation
import QACore
import XCTest

@MainActor
final class ViewModelTests: XCTestCase, @unchecked Sendable {
  func testAQuestionIsAnsweredAndEveryStepIsShown() async throws {
    let (model, _) = try started()
    var phases: [Phase] = []
    model.listener = { if phases.last != $0.phase { phases.append($0.phase) } }
    await reach(model) { $0.phase == .ready }
    XCTAssertEqual(phases, [.checking, .opening, .ready])
    XCTAssertEqual(model.state.runtimes.map(\.id), ["pte", "tflite"])
    XCTAssertEqual(model.state.runtime, "pte")
    model.setPassage("\u{1F600}a b a")
    model.setQuestion("a")
    model.ask()
    await reach(model) { $0.reply != nil }
    XCTAssertEqual(
      Array(phases.dropFirst(3)),
      [
        .asking(done: 0, all: 0), .asking(done: 0, all: 1), .ready,
      ])
    let reply = try XCTUnwrap(model.state.reply)
    XCTAssertEqual(reply.found.best?.span, 3..<4)
    XCTAssertEqual(reply.latency.windows, 1)
    let shown = Highlight(reply.passage, reply.shown)
    XCTAssertEqual([shown.before, shown.answer, shown.after], ["\u{1F600}a ", "b", " a"])
    model.show(1)
    XCTAssertEqual(model.state.reply?.shown, reply.found.nBest[1])
    model.show(1000)
    XCTAssertEqual(model.state.reply?.shown, reply.found.nBest[1])
  }

  func testALongPassageIsReadInWindowsAndCanBeCancelled() async throws {
    let (model, _) = try started()
    await reach(model) { $0.phase == .ready }
    model.setPassage(Array(repeating: "a", count: 2000).joined(separator: " ") + " b")
    model.setQuestion("a")
    var most = 0
    model.listener = { if case .asking(_, let all) = $0.phase { most = max(most, all) } }
    model.ask()
    await reach(model) { $0.reply != nil }
    XCTAssertGreaterThan(most, 10)
    XCTAssertEqual(model.state.reply?.latency.windows, most)
    XCTAssertEqual(model.state.reply?.found.best?.span, 4000..<4001)
    model.listener = { state in
      if case .asking(2, _) = state.phase { model.cancel() }
    }
    model.ask()
    await reach(model) { $0.notice == .cancelled }
    XCTAssertEqual(model.state.phase, .ready)
    XCTAssertNil(model.state.reply)
    model.listener = nil
    model.ask()
    model.setPassage("b")
    XCTAssertEqual(model.state.phase, .ready)
    model.ask()
    await reach(model) { $0.reply != nil }
    XCTAssertEqual(model.state.reply?.passage, "b")
  }

  func testWhatCannotBeAskedIsToldAndNothingCrashes() async throws {
    let (model, _) = try started()
    model.ask()
    XCTAssertNil(model.state.notice)  // the model is not there yet
    await reach(model) { $0.phase == .ready }
    let long = String(repeating: "a", count: QAViewModel.longestPassage + 1)
    for (question, passage, notice) in [
      ("", "a", Notice.emptyQuestion), (" \n", "a", .emptyQuestion), ("a", "", .emptyPassage),
      ("a", long, .longPassage(length: long.count, limit: QAViewModel.longestPassage)),
    ] {
      model.setQuestion(question)
      model.setPassage(passage)
      model.ask()
      XCTAssertEqual(model.state.notice, notice)
      XCTAssertEqual(model.state.phase, .ready)
    }
    for passage in ["\u{200B}", "a\u{0}", "\u{301}", "e\u{301}\u{1F468}\u{200D}\u{1F469}"] {
      model.setQuestion("a")
      model.setPassage(passage)
      model.ask()
      await reach(model) { $0.reply != nil }
      let shown = Highlight(passage, model.state.reply?.shown)
      XCTAssertTrue(
        (shown.before + shown.answer + shown.after).unicodeScalars
          .elementsEqual(passage.unicodeScalars))
    }
  }

  func testTheRuntimeCanBeChangedAndTheChoiceIsKeptAfterAFault() async throws {
    let (model, source) = try started()
    await reach(model) { $0.phase == .ready }
    model.select("tflite", threads: 3)
    XCTAssertEqual(model.state.phase, .opening)
    await reach(model) { $0.phase == .ready }
    model.select("tflite", threads: 3)
    model.select("onnx", threads: 1)
    model.select("pte", threads: 9)
    XCTAssertEqual(model.state.phase, .ready)
    XCTAssertEqual(source.opened, ["pte 1", "tflite 3"])
    source.wrong = 1
    model.select("pte", threads: 3)
    await reach(model) { if case .failed = $0.phase { true } else { false } }
    XCTAssertTrue(QATexts.status(model.state.phase).contains("start_logits"))
    model.ask()
    XCTAssertNil(model.state.reply)
    source.wrong = 0
    model.start()
    await reach(model) { $0.phase == .ready }
    XCTAssertEqual(model.state.runtime, "pte")
  }

  func testOnlyTheLastOfManyChoicesCounts() async throws {
    let (model, source) = try started()
    await reach(model) { $0.phase == .ready }
    for threads in [2, 3, 4] { model.select("tflite", threads: threads) }
    await reach(model) { $0.phase == .ready }
    XCTAssertEqual(model.state.threads, 4)
    XCTAssertEqual(source.opened.last, "tflite 4")
  }

  func testAnAppWithoutItsModelSaysSo() async throws {
    let (model, source) = try started(fault: QAError("run distilbert-mobile install"))
    await reach(model) { if case .failed = $0.phase { true } else { false } }
    XCTAssertEqual(model.state.phase, .failed("run distilbert-mobile install"))
    source.fault = nil
    model.start()
    await reach(model) { $0.phase == .ready }
    let (other, _) = try started(bundle: "classifier")
    await reach(other) { if case .failed = $0.phase { true } else { false } }
    XCTAssertTrue(QATexts.status(other.state.phase).contains("sequence-classification"))
  }

  func testATruncatedModelIsDetected() async throws {
    let folder = try goldenBundle()
    try Data(count: 100).write(to: folder.appendingPathComponent("model.pte"))
    let model = QAViewModel(ModelWorker(FakeSource(folder)))
    model.start()
    await reach(model) { if case .failed = $0.phase { true } else { false } }
    XCTAssertTrue(QATexts.status(model.state.phase).contains("model.pte has 100 bytes"))
  }

  private func started(
    bundle: String = "as-exported", fault: QAError? = nil
  ) throws -> (QAViewModel, FakeSource) {
    let source = FakeSource(try goldenBundle(bundle))
    source.fault = fault
    let model = QAViewModel(ModelWorker(source))
    addTeardownBlock { [folder = source.folder] in
      try? FileManager.default.removeItem(at: folder)
    }
    model.start()
    return (model, source)
  }

  private func reach(
    _ model: QAViewModel, line: UInt = #line, _ done: (QAState) -> Bool
  ) async {
    for _ in 0..<20_000 {
      if done(model.state) { return }
      try? await Task.sleep(nanoseconds: 1_000_000)
    }
    XCTFail("still \(model.state.phase)", line: line)
  }
}
