import ExecuTorch
import Foundation
import QACore
import XCTest

@testable import Adapters
@testable import AppCore

final class AppCoreTests: XCTestCase {
  private struct Clock: Meter {
    func nanoseconds() -> UInt64 { DispatchTime.now().uptimeNanoseconds }
    func cpuMs() -> Double { Double(clock()) / Double(CLOCKS_PER_SEC) * 1000 }
    func peakBytes() -> Int { 1_000_000 }
  }

  /// make test-swift lets `bench/result.py` read what this test leaves behind.
  func testABenchmarkGivesAResultThatBenchReads() throws {
    let folder = try goldenBundle()
    defer { try? FileManager.default.removeItem(at: folder) }
    let bundle = try ModelBundle(folder: folder)
    let plan = try BenchmarkPlan([
      "runtime": "tflite", "threads": "2", "tokens": "9", "warmup": "2", "runs": "5",
      "rounds": "3", "name": "tiny-int8",
    ])
    let engine = FakeEngine()
    let speed = try benchmark(plan, bundle, Clock(), passage: "a b") { engine }
    XCTAssertEqual(speed.roundSizes, [5, 5, 5])
    XCTAssertEqual(speed.paddedTokens, 384)
    XCTAssertEqual(engine.lengths.count, 1 + 3 * (2 + 5) + 1)
    let device = Device(
      name: "a \"phone\"", system: "iOS 26 \u{1F600}", processor: "\\", cores: 6, memoryBytes: 8)
    XCTAssertEqual(speed.warmupMs.count, 6)
    XCTAssertEqual(speed.runAtS, speed.runAtS.sorted())
    let state = Conditions(
      at: Date(), thermalStatus: 0, batteryPercent: 80, batterySaver: false, charging: nil)
    let place = Circumstances(
      device: device, runtimeVersion: "LiteRT 2", debugBuild: true, before: state, after: state)
    let text = try resultJSON(plan, bundle, place, speed)
    let found = try XCTUnwrap(
      JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    XCTAssertEqual((found["subject"] as? [String: Any])?["model"] as? String, "tiny")
    XCTAssertEqual((found["device"] as? [String: Any])?["name"] as? String, device.name)
    XCTAssertEqual((found["device"] as? [String: Any])?["system"] as? String, device.system)
    let out = (0..<4).reduce(URL(fileURLWithPath: #filePath)) { path, _ in
      path.deletingLastPathComponent()
    }.appendingPathComponent("build/swift-app")
    try FileManager.default.createDirectory(at: out, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: out.appendingPathComponent("result.json"))
  }

  func testTheThreadsAtWorkAreProcessorTimeOverWallTime() {
    for (cpu, threads) in [([0.0, 0.1], 1), ([2, 2], 1), ([6, 6], 3), ([7.9, 8], 4)] {
      let speed = Speed(
        tokens: 8, paddedTokens: 8, loadAtS: 0, loadMs: 1, firstMs: 1, firstCpuMs: 1,
        warmupMs: [], roundSizes: [2], runAtS: [0, 1], wallMs: [2, 2], cpuMs: cpu,
        bareBytes: 0, peakBytes: 0)
      XCTAssertEqual(speed.busyThreads, threads)
    }
  }

  func testAWrongModelHasNoSpeed() throws {
    let folder = try goldenBundle()
    defer { try? FileManager.default.removeItem(at: folder) }
    let bundle = try ModelBundle(folder: folder)
    let plan = try BenchmarkPlan(["tokens": "8", "warmup": "0", "runs": "1"])
    let engine = FakeEngine()
    engine.wrong = 1
    XCTAssertThrowsError(try benchmark(plan, bundle, Clock(), passage: "a") { engine })
  }

  func testAPlanRefusesWhatItDoesNotKnow() {
    for given in [
      ["theads": "1"], ["threads": "0"], ["threads": "two"], ["tokens": "7"], ["warmup": "-1"],
      ["seconds": "0"], ["seconds": "nan"], ["name": "../x"], ["name": ".x"], ["session": "a/b"],
    ] {
      XCTAssertThrowsError(try BenchmarkPlan(given), "\(given)")
    }
    XCTAssertEqual(try BenchmarkPlan().fileName, "bundle-pte-1t-128.json")
  }

  func testARunnerPadsItsInputsAndCutsItsOutputs() throws {
    let folder = try goldenBundle()
    defer { try? FileManager.default.removeItem(at: folder) }
    let bundle = try ModelBundle(folder: folder)
    let engine = FakeEngine()
    let runner = Runner(try bundle.model("tflite").interface, engine)
    let outputs = try runner.run([2, 5, 3, 6, 3], [0, 0, 0, 1, 1])
    XCTAssertEqual(engine.lengths, [8])
    XCTAssertEqual(outputs["end_logits"], [0.25, 0.5, -1, 3.48, 0])
    XCTAssertThrowsError(try runner.run([2, 3], [0]))
    XCTAssertThrowsError(try runner.run([], []))
    let long = Array(repeating: Int32(5), count: 385)
    XCTAssertThrowsError(try runner.run(long, long))
  }

  func testTheExecuTorchAdapterCallsTheMethodInTheOrderOfTheGraph() throws {
    let folder = try goldenBundle()
    defer { try? FileManager.default.removeItem(at: folder) }
    let bundle = try ModelBundle(folder: folder)
    Module.loaded = []
    Module.answer = { method, inputs in
      XCTAssertEqual(method, "forward")
      let tensors: [Tensor<Int64>?] = inputs.map { $0.tensor() }
      XCTAssertEqual(tensors.map { $0?.scalars() }, [[2, 6, 3], [1, 1, 1], [0, 1, 1]])
      XCTAssertEqual(tensors.map { $0?.shape }, [[1, 3], [1, 3], [1, 3]])
      return [Tensor<Float>([1, 2, 3]).asValue(), Tensor<Float>([4, 5, 6]).asValue()]
    }
    let interface = try bundle.model("pte").interface
    let engine = try ExecuTorchEngine(bundle.modelURL("pte"), interface)
    XCTAssertEqual(Module.loaded, [try bundle.modelURL("pte").path, "forward"])
    let runner = Runner(interface, engine)
    let outputs = try runner.run([2, 6, 3], [0, 1, 1])
    XCTAssertEqual(outputs, ["start_logits": [1, 2, 3], "end_logits": [4, 5, 6]])
    Module.answer = { _, _ in [Tensor<Float>([1]).asValue()] }
    XCTAssertThrowsError(try runner.run([2, 6, 3], [0, 1, 1]))
    Module.answer = { _, _ in [Tensor<Int32>([1]).asValue(), Tensor<Float>([1]).asValue()] }
    XCTAssertThrowsError(try runner.run([2, 6, 3], [0, 1, 1]))
  }

  func testTheAppOpensTheRuntimesItWasBuiltWith() throws {
    let folder = try goldenBundle()
    defer { try? FileManager.default.removeItem(at: folder) }
    let bundle = try ModelBundle(folder: folder)
    let source = AppModels()
    XCTAssertEqual(source.runtimes.map(\.id), ["pte", "tflite"])
    XCTAssertTrue(try source.open(bundle, runtime: "pte", threads: 1) is ExecuTorchEngine)
    XCTAssertThrowsError(try source.open(bundle, runtime: "tflite", threads: 1))  // declared only
    XCTAssertThrowsError(try source.open(bundle, runtime: "onnx", threads: 1))
    XCTAssertThrowsError(try source.load()) {
      XCTAssertTrue("\($0)".contains("distilbert-mobile install"), "\($0)")
    }
  }

  func testTheModelCardTellsWhatTheManifestHas() throws {
    let folder = try goldenBundle("accuracy")
    defer { try? FileManager.default.removeItem(at: folder) }
    let card = modelCard(try ModelBundle(folder: folder), FakeSource(folder).runtimes)
    let lines = card.flatMap(\.lines)
    XCTAssertTrue(card.map(\.title).contains("ExecuTorch 1"))
    XCTAssertTrue(lines.contains("Weights: apache-2.0"))
    XCTAssertTrue(lines.contains("Training data: not stated"))
    XCTAssertTrue(lines.contains { $0.contains("100 questions of dev: F1 80.0") })
    XCTAssertTrue(lines.contains("Signature not checked: this app has no key"))
    XCTAssertEqual(Set(card.map(\.id)).count, card.count)
  }

  func testAnAppWithAKeyTakesOnlyWhatItSigned() throws {
    let resources = FileManager.default.temporaryDirectory
      .appendingPathComponent("resources-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: resources) }
    try FileManager.default.createDirectory(at: resources, withIntermediateDirectories: true)
    let folder = resources.appendingPathComponent("bundle")
    try FileManager.default.moveItem(at: goldenBundle(), to: folder)
    let source = AppModels(resources: resources)
    XCTAssertFalse(try source.load().isSigned)

    let signed = try goldenSignature()
    let key = resources.appendingPathComponent("public.pem")
    try Data(signed.key.utf8).write(to: key)
    XCTAssertThrowsError(try source.load()) { XCTAssertTrue("\($0)".contains("is not signed")) }
    let signature = folder.appendingPathComponent("manifest.sig")
    try Data(signed.signature.reversed()).write(to: signature)
    XCTAssertThrowsError(try source.load()) { XCTAssertTrue("\($0)".contains("another key")) }
    try signed.signature.write(to: signature)
    let card = modelCard(try source.load(), source.runtimes)
    XCTAssertTrue(card.flatMap(\.lines).contains("Signed, as checked with this app's key"))

    try Data("no key".utf8).write(to: key)
    XCTAssertThrowsError(try source.load()) {
      XCTAssertTrue("\($0)".contains("public.pem is no public Ed25519 key"), "\($0)")
    }
  }

  func testSamplesHaveQuestionsAndOneIsLong() {
    XCTAssertEqual(Set(Sample.all.map(\.id)).count, Sample.all.count)
    XCTAssertTrue(Sample.all.allSatisfy { !$0.passage.isEmpty && $0.questions.count >= 2 })
    let words = Sample.all.map { $0.passage.split(whereSeparator: \.isWhitespace).count }
    XCTAssertGreaterThan(words.max() ?? 0, 600)
  }
}
