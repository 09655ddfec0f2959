import QACore

/// What to measure: `rounds` rounds of `warmup` untimed and up to `runs` timed runs of `tokens` real
/// tokens, none begun `seconds` after its round. `name` is the bundle's in the result.
public struct BenchmarkPlan: Sendable, Equatable {
  public var runtime = "pte"
  public var threads = 1
  public var tokens = 128
  public var warmup = 10
  public var runs = 100_000
  public var seconds = 60.0
  public var rounds = 1
  public var name = "bundle"
  public var session = ""

  private static let names = [
    "runtime", "threads", "tokens", "warmup", "runs", "seconds", "rounds", "name", "session",
  ]

  /// Throws `QAError` for an unknown name and for a value that is none or out of its range.
  public init(_ given: [String: String] = [:]) throws {
    let unknown = given.keys.filter { !Self.names.contains($0) }.sorted()
    guard unknown.isEmpty else {
      throw QAError("unknown: \(unknown); known are \(Self.names.joined(separator: ", "))")
    }
    func whole(_ name: String, _ preset: Int, least: Int) throws -> Int {
      guard let text = given[name] else { return preset }
      guard let number = Int(text), number >= least else {
        throw QAError("\(name) must be a whole number of at least \(least), found '\(text)'")
      }
      return number
    }
    func plain(_ name: String, _ preset: String) throws -> String {
      let text = given[name] ?? preset
      let isPlain = text.unicodeScalars.allSatisfy {
        $0.isASCII && ($0.properties.isAlphabetic || "0123456789._-".unicodeScalars.contains($0))
      }
      guard isPlain, !text.hasPrefix(".") else {
        throw QAError("\(name) must be letters, digits and . _ -, found '\(text)'")
      }
      return text
    }
    runtime = given["runtime"] ?? runtime
    threads = try whole("threads", threads, least: 1)
    tokens = try whole("tokens", tokens, least: 8)
    warmup = try whole("warmup", warmup, least: 0)
    runs = try whole("runs", runs, least: 1)
    rounds = try whole("rounds", rounds, least: 1)
    name = try plain("name", name)
    session = try plain("session", session)
    if let text = given["seconds"] {
      guard let number = Double(text), number > 0, number <= 3600 else {
        throw QAError("seconds must be above 0 and at most 3600, found '\(text)'")
      }
      seconds = number
    }
  }

  /// The name of the result's file.
  public var fileName: String { "\(name)-\(runtime)-\(threads)t-\(tokens).json" }
}
