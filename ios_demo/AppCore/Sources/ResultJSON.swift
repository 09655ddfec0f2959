import Foundation
import QACore

/// The phone, as a result names it.
public struct Device: Sendable, Equatable {
  public let name: String
  public let system: String
  public let processor: String
  public let cores: Int
  public let memoryBytes: Int

  public init(name: String, system: String, processor: String, cores: Int, memoryBytes: Int) {
    self.name = name
    self.system = system
    self.processor = processor
    self.cores = cores
    self.memoryBytes = memoryBytes
  }
}

/// A result of speed as `bench/result.py` reads it; no statistic, only samples.
public func resultJSON(
  _ plan: BenchmarkPlan, _ bundle: ModelBundle, _ device: Device, runtimeVersion: String,
  measuredAt: Date, _ speed: Speed
) throws -> String {
  let result: KeyValuePairs<String, JSONText> = [
    "version": .whole(1),
    "measured_at": .text(isoTime(measuredAt)),
    "device": .object([
      "kind": .text("ios"), "name": .text(device.name), "system": .text(device.system),
      "processor": .text(device.processor), "cores": .whole(device.cores),
      "memory_bytes": .whole(device.memoryBytes),
    ]),
    "subject": try subject(plan, bundle),
    "runtime": .text(plan.runtime),
    "runtime_version": .text(runtimeVersion),
    "speed": .object([
      "session": .text(plan.session.isEmpty ? UUID().uuidString.lowercased() : plan.session),
      "threads": .whole(plan.threads), "tokens": .whole(speed.tokens),
      "padded_tokens": .whole(speed.paddedTokens), "load_ms": .number(speed.loadMs),
      "first_ms": .number(speed.firstMs), "first_cpu_ms": .number(speed.firstCpuMs),
      "warmup": .whole(plan.warmup), "round_sizes": .list(speed.roundSizes.map(JSONText.whole)),
      "wall_ms": .list(speed.wallMs.map(JSONText.number)),
      "cpu_ms": .list(speed.cpuMs.map(JSONText.number)),
      "bare_bytes": .whole(speed.bareBytes), "peak_bytes": .whole(speed.peakBytes),
    ]),
    "accuracy": .null,
  ]
  return JSONText.object(result).written + "\n"
}

private func subject(_ plan: BenchmarkPlan, _ bundle: ModelBundle) throws -> JSONText {
  let manifest = bundle.manifest
  let model = try bundle.model(plan.runtime)
  guard let record = manifest.files[model.file] else { throw QAError("no record of \(model.file)") }
  let ending = "-\(manifest.recipe)"
  let name = plan.name.hasSuffix(ending) ? String(plan.name.dropLast(ending.count)) : plan.name
  // How bench/result.py calls weights that were never trained.
  let isRandom = manifest.licences.weights == "random-weights"
  return .object([
    "model": .text(name), "recipe": .text(manifest.recipe),
    "weights": .text(isRandom ? "random weights: size and speed only" : "trained"),
    "parameters": .null, "bundle": .text(plan.name),
    "manifest_sha256": .text(try bundle.manifestSHA256()), "file": .text(model.file),
    "file_bytes": .whole(record.bytes), "file_sha256": .text(record.sha256),
    "parity": .object([
      "windows": .whole(model.parity.windows), "min_cosine": .number(model.parity.minCosine),
      "max_error": .number(model.parity.maxError), "agreement": .number(model.parity.agreement),
    ]),
    "size": .sorted(model.size.mapValues { .sorted($0.mapValues(JSONText.whole)) }),
  ])
}

private func isoTime(_ time: Date) -> String {
  let format = DateFormatter()
  format.locale = Locale(identifier: "en_US_POSIX")
  format.timeZone = TimeZone(secondsFromGMT: 0)
  format.dateFormat = "yyyy-MM-dd'T'HH:mm:ss'+00:00'"
  return format.string(from: time)
}

/// JSON to be written, its names in the given order.
enum JSONText {
  case null
  case whole(Int)
  /// Finite.
  case number(Double)
  case text(String)
  case list([JSONText])
  case object(KeyValuePairs<String, JSONText>)
  case sorted([String: JSONText])

  var written: String {
    switch self {
    case .null: return "null"
    case .whole(let number): return String(number)
    case .number(let number):
      precondition(number.isFinite, "a result holds \(number)")
      return String(number)
    case .text(let text): return Self.quoted(text)
    case .list(let items): return "[" + items.map(\.written).joined(separator: ", ") + "]"
    case .object(let fields): return Self.object(fields.map { ($0.key, $0.value) })
    case .sorted(let fields):
      return Self.object(fields.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
    }
  }

  private static func object(_ fields: [(String, JSONText)]) -> String {
    "{" + fields.map { "\(quoted($0.0)): \($0.1.written)" }.joined(separator: ", ") + "}"
  }

  private static func quoted(_ text: String) -> String {
    var made = "\""
    for unit in text.utf16 {
      switch unit {
      case 0x22, 0x5C: made += "\\" + String(UnicodeScalar(UInt8(unit)))
      case 0x20...0x7E: made += String(UnicodeScalar(UInt8(unit)))
      default: made += String(format: "\\u%04x", Int(unit))
      }
    }
    return made + "\""
  }
}
