import QACore

/// What a benchmark asks of the process that it runs in.
public protocol Meter {
  func nanoseconds() -> UInt64
  /// Processor time of all threads so far.
  func cpuMs() -> Double
  /// The highest resident memory so far.
  func peakBytes() -> Int
}

/// The samples of one process, in order; the fields are those of `bench/result.py`. What ends in
/// `AtS` is in seconds since the benchmark began.
public struct Speed: Sendable, Equatable {
  public let tokens: Int
  public let paddedTokens: Int
  public let loadAtS: Double
  public let loadMs: Double
  public let firstMs: Double
  public let firstCpuMs: Double
  public let warmupMs: [Double]
  public let roundSizes: [Int]
  public let runAtS: [Double]
  public let wallMs: [Double]
  public let cpuMs: [Double]
  public let bareBytes: Int
  public let peakBytes: Int

  /// How many threads were at work: processor time over wall time, to the next whole number.
  public var busyThreads: Int {
    max(1, Int((cpuMs.reduce(0, +) / wallMs.reduce(0, +)).rounded()))
  }
}

/// Measures one file: loads it, runs once, then in rounds. Only the runtime's call is timed. At the
/// end the golden inputs must give the stored outputs, for a wrong result has no speed.
///
/// `open` loads the model. To measure in the processor's usual state, start the process anew.
public func benchmark(
  _ plan: BenchmarkPlan, _ bundle: ModelBundle, _ meter: some Meter, passage: String,
  open: () throws -> any Engine
) throws -> Speed {
  let interface = try bundle.model(plan.runtime).interface
  let padded = try interface.entry(for: plan.tokens).length
  let (ids, types) = try realTokens(bundle.tokenizer(), plan.tokens, passage)
  let begun = meter.nanoseconds()
  let bare = meter.peakBytes()
  let start = meter.nanoseconds()
  let runner = Runner(interface, try open())
  let loadMs = Double(meter.nanoseconds() - start) / 1e6
  func timed() throws -> (at: Double, wall: Double, cpu: Double) {
    try runner.write(ids, types)
    let cpu = meter.cpuMs()
    let begin = meter.nanoseconds()
    try runner.invoke()
    let wall = Double(meter.nanoseconds() - begin) / 1e6
    return (Double(begin - begun) / 1e9, wall, meter.cpuMs() - cpu)
  }
  let first = try timed()
  var warmups: [Double] = []
  var samples: [(at: Double, wall: Double, cpu: Double)] = []
  var sizes: [Int] = []
  for _ in 0..<plan.rounds {
    for _ in 0..<plan.warmup { warmups.append(try timed().wall) }
    let (before, end) = (samples.count, meter.nanoseconds() + UInt64(plan.seconds * 1e9))
    repeat {
      samples.append(try timed())
    } while samples.count - before < plan.runs && meter.nanoseconds() < end
    sizes.append(samples.count - before)
  }
  let peak = max(0, meter.peakBytes() - bare)
  _ = try bundle.checkGolden(plan.runtime) {
    try runner.run($0.inputIDs, $0.tokenTypeIDs, length: $0.length)
  }
  return Speed(
    tokens: plan.tokens, paddedTokens: padded, loadAtS: Double(start - begun) / 1e9,
    loadMs: loadMs, firstMs: first.wall, firstCpuMs: first.cpu, warmupMs: warmups,
    roundSizes: sizes, runAtS: samples.map(\.at), wallMs: samples.map(\.wall),
    cpuMs: samples.map(\.cpu), bareBytes: bare, peakBytes: peak)
}

/// Exactly `tokens` ids and token types of real text: a question on `passage`, over and over.
func realTokens(
  _ tokenizer: WordPiece, _ tokens: Int, _ passage: String
) throws -> (ids: [Int32], types: [Int32]) {
  let asked = tokenizer.encode("What is told here, and who tells it?").ids.prefix((tokens - 3) / 2)
  let text = tokenizer.encode(passage).ids
  guard !text.isEmpty else { throw QAError("the passage has no tokens") }
  let head = [tokenizer.clsID] + asked + [tokenizer.sepID]
  let rest = (0..<tokens - head.count - 1).map { text[$0 % text.count] }
  let types = (0..<tokens).map { Int32($0 < head.count ? 0 : 1) }
  return (head + rest + [tokenizer.sepID], types)
}
