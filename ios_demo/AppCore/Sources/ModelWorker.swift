import Dispatch
import QACore

/// Where a view model gets a bundle and a runtime from.
public protocol ModelSource: Sendable {
  /// The runtimes that the app was built with, the preferred one first.
  var runtimes: [RuntimeChoice] { get }
  /// Reads the bundle of the app, every byte checked.
  func load() throws -> ModelBundle
  /// Loads the model of a runtime.
  func open(_ bundle: ModelBundle, runtime: String, threads: Int) throws -> any Engine
}

/// A question cut into windows.
public struct Job: Sendable {
  public let passage: String
  public let windows: [Window]
  public let limits: QALimits
  public var latency = Latency()
}

/// Everything that takes time, off the main thread and one thing after the other: the runtimes are
/// not made for two threads at once.
public actor ModelWorker {
  private let source: any ModelSource
  private let now: @Sendable () -> UInt64
  private var loaded: (bundle: ModelBundle, tokenizer: WordPiece, limits: QALimits)?
  private var runner: Runner?

  /// `now` is a clock in nanoseconds.
  public init(
    _ source: any ModelSource,
    now: @escaping @Sendable () -> UInt64 = { DispatchTime.now().uptimeNanoseconds }
  ) {
    self.source = source
    self.now = now
  }

  /// Reads the bundle, the first time with every byte checked; returns what it can be run by.
  public func load() throws -> [RuntimeChoice] {
    if loaded == nil {
      let bundle = try source.load()
      guard let limits = bundle.manifest.qa else {
        throw QAError("this bundle is made for \(bundle.manifest.task); this app asks questions")
      }
      loaded = (bundle, try bundle.tokenizer(), limits)
    }
    let models = loaded?.bundle.manifest.models ?? [:]
    let choices = source.runtimes.filter { models[$0.id] != nil }
    if choices.isEmpty {
      throw QAError(
        "the bundle has models for \(models.keys.sorted().joined(separator: ", ")), this app was "
          + "built with \(source.runtimes.map(\.id).joined(separator: ", "))")
    }
    return choices
  }

  /// Opens a runtime and repeats the golden inputs: it may load a file and compute nonsense.
  public func open(_ runtime: String, threads: Int) throws {
    guard let bundle = loaded?.bundle else { throw QAError("no bundle is loaded") }
    runner = nil  // first, for two models may not fit
    let engine = try source.open(bundle, runtime: runtime, threads: threads)
    let opened = Runner(try bundle.model(runtime).interface, engine)
    _ = try bundle.checkGolden(runtime) {
      try opened.run($0.inputIDs, $0.tokenTypeIDs, length: $0.length)
    }
    runner = opened
  }

  /// Tokenises a question and its passage.
  public func cut(_ question: String, _ passage: String) throws -> Job {
    guard let loaded else { throw QAError("no bundle is loaded") }
    let start = now()
    let windows = makeWindows(
      loaded.tokenizer, question: question, context: passage, limits: loaded.limits)
    var job = Job(passage: passage, windows: windows, limits: loaded.limits)
    job.latency.windows = windows.count
    job.latency.tokenizeMs = milliseconds(since: start)
    return job
  }

  /// The logits of one window, and how long the model took.
  public func run(_ window: Window) throws -> (logits: SpanLogits, ms: Double) {
    guard let runner else { throw QAError("no model is open") }
    let start = now()
    return (try runner.spanLogits(window), milliseconds(since: start))
  }

  /// Ranks the answers of a question; `logits` of all of its windows.
  public func finish(_ job: Job, _ logits: [SpanLogits], runMs: Double) throws -> Reply {
    let start = now()
    let found = try decode(job.passage, job.windows, logits, job.limits)
    var latency = job.latency
    latency.runMs = runMs
    latency.decodeMs = milliseconds(since: start)
    return Reply(passage: job.passage, found: found, shown: found.best, latency: latency)
  }

  /// The bundle, to tell what it says about itself; nil before it is loaded.
  public func bundle() -> ModelBundle? { loaded?.bundle }

  private func milliseconds(since start: UInt64) -> Double { Double(now() - start) / 1e6 }
}
