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

/// The phone at one moment; nil is what it does not tell.
public struct Conditions: Sendable, Equatable {
  public let at: Date
  /// As Android counts: 0 none, 1 light, 3 severe, 4 critical.
  public let thermalStatus: Int?
  public let batteryPercent: Double?
  public let batterySaver: Bool?
  public let charging: Bool?

  public init(
    at: Date, thermalStatus: Int?, batteryPercent: Double?, batterySaver: Bool?, charging: Bool?
  ) {
    self.at = at
    self.thermalStatus = thermalStatus
    self.batteryPercent = batteryPercent
    self.batterySaver = batterySaver
    self.charging = charging
  }
}

/// Where and when: the phone, the build, its state before and after; `before.at` is when it began.
public struct Circumstances: Sendable, Equatable {
  public let device: Device
  public let runtimeVersion: String
  public let debugBuild: Bool
  public let before: Conditions
  public let after: Conditions

  public init(
    device: Device, runtimeVersion: String, debugBuild: Bool, before: Conditions,
    after: Conditions
  ) {
    self.device = device
    self.runtimeVersion = runtimeVersion
    self.debugBuild = debugBuild
    self.before = before
    self.after = after
  }
}

/// A result of speed as `bench/result.py` reads it; no statistic, only samples.
public func resultJSON(
  _ plan: BenchmarkPlan, _ bundle: ModelBundle, _ place: Circumstances, _ speed: Speed
) throws -> String {
  let device = place.device
  let result: KeyValuePairs<String, JSONText> = [
    "version": .whole(2),
    "measured_at": .text(isoTime(place.before.at)),
    "device": .object([
      "kind": .text("ios"), "name": .text(device.name), "system": .text(device.system),
      "processor": .text(device.processor), "cores": .whole(device.cores),
      "memory_bytes": .whole(device.memoryBytes),
    ]),
    "subject": try subject(plan, bundle),
    "runtime": .text(plan.runtime),
    "runtime_version": .text(place.runtimeVersion),
    "runner": .text("app"),
    "workload": .object([
      "threads": .whole(plan.threads), "tokens": .whole(speed.tokens),
      "padded_tokens": .whole(speed.paddedTokens), "cpus": .list([]),
    ]),
    "speed": samples(plan, speed, isDebug: place.debugBuild),
    "printed": .null,
    "memory": .object([
      "method": .text("resident_size_peak of the timed process"),
      "bare_bytes": .whole(speed.bareBytes), "peak_bytes": .whole(speed.peakBytes),
    ]),
    "work": .null,
    "accuracy": .null,
    "before": conditions(place.before),
    "after": conditions(place.after),
    "notes": .list([]),
  ]
  return JSONText.object(result).written + "\n"
}

private func samples(_ plan: BenchmarkPlan, _ speed: Speed, isDebug: Bool) -> JSONText {
  .object([
    "session": .text(plan.session.isEmpty ? UUID().uuidString.lowercased() : plan.session),
    "starts": .list([
      .object([
        "at_s": .number(speed.loadAtS), "load_ms": .number(speed.loadMs),
        "first_ms": .number(speed.firstMs), "first_cpu_ms": .number(speed.firstCpuMs),
        "warmup_ms": .list(speed.warmupMs.map(JSONText.number)),
      ])
    ]),
    "round_sizes": .list(speed.roundSizes.map(JSONText.whole)),
    "at_s": .list(speed.runAtS.map(JSONText.number)),
    "wall_ms": .list(speed.wallMs.map(JSONText.number)),
    "cpu_ms": .list(speed.cpuMs.map(JSONText.number)),
    "debug_build": .truth(isDebug),
  ])
}

private func conditions(_ state: Conditions) -> JSONText {
  .object([
    "at": .text(isoTime(state.at)), "temperatures_c": .object([:]), "clocks_khz": .object([:]),
    "clock_limits_khz": .object([:]), "governor": .null,
    "thermal_status": state.thermalStatus.map(JSONText.whole) ?? .null, "busy_cores": .null,
    "throttled_ms": .null, "swapped_bytes": .null,
    "battery_percent": state.batteryPercent.map(JSONText.number) ?? .null,
    "battery_saver": state.batterySaver.map(JSONText.truth) ?? .null,
    "charging": state.charging.map(JSONText.truth) ?? .null, "airplane_mode": .null,
    "screen_on": .null,
  ])
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
  case truth(Bool)
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
    case .truth(let isTrue): return isTrue ? "true" : "false"
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
