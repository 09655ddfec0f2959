import AppCore
import QACore
import XCTest

@testable import AskPassage

/// Measures the model in the app and leaves one result for `distilbert-mobile report`, as an
/// attachment of the test run. The plan comes from `TEST_RUNNER_BENCH_...`, see ../../README.md.
final class BenchmarkTests: XCTestCase {
  @MainActor
  func testSpeedOfTheShippedModel() throws {
    let prefix = "BENCH_"
    var given: [String: String] = [:]
    for (name, value) in ProcessInfo.processInfo.environment where name.hasPrefix(prefix) {
      given[name.dropFirst(prefix.count).lowercased()] = value
    }
    var plan = try BenchmarkPlan(given)
    let source = AppModels()
    let runtime = try XCTUnwrap(
      source.runtimes.first { $0.id == plan.runtime }, "the app has no \(plan.runtime)")
    let bundle = try source.load()
    let state = ProcessInfo.processInfo.thermalState
    XCTAssertEqual(state, .nominal, "the phone is warm; let it cool down")
    let before = observePhone()
    let speed = try benchmark(plan, bundle, PhoneMeter(), passage: Sample.all[0].passage) {
      try source.open(bundle, runtime: plan.runtime, threads: plan.threads)
    }
    // Where the runtime takes its own choice, the result says how many threads were seen at work.
    if !runtime.takesThreads { plan.threads = speed.busyThreads }
    let place = Circumstances(
      device: describePhone(), runtimeVersion: "\(runtime.title) \(runtime.version)",
      debugBuild: isDebugBuild, before: before, after: observePhone())
    let text = try resultJSON(plan, bundle, place, speed)
    let attachment = XCTAttachment(data: Data(text.utf8), uniformTypeIdentifier: "public.json")
    attachment.name = plan.fileName
    attachment.lifetime = .keepAlways
    add(attachment)
  }
}
