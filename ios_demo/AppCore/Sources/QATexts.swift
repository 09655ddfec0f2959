import Foundation
import QACore

/// The words for a state.
public enum QATexts {
  public static func status(_ phase: Phase) -> String {
    switch phase {
    case .checking: "Checking the model"
    case .opening: "Opening the model and checking what it computes"
    case .ready: "Ready"
    case .asking(_, 0): "Reading the passage"
    case .asking(let done, let all): "Reading window \(min(done + 1, all)) of \(all)"
    case .failed(let reason): "No model: \(reason)"
    }
  }

  public static func notice(_ notice: Notice) -> String {
    switch notice {
    case .emptyQuestion: "Ask a question first."
    case .emptyPassage: "Choose or paste a passage first."
    case .longPassage(let length, let limit):
      "The passage has \(length) characters; this app takes at most \(limit)."
    case .cancelled: "Cancelled."
    case .fault(let reason): "It did not work: \(reason)"
    }
  }

  public static func answer(_ found: Decoded) -> String {
    found.best.map { "Answer: \($0.text)" } ?? "The passage holds no answer to this."
  }

  public static func candidate(_ place: Int, _ answer: Answer) -> String {
    "\(place + 1). \(answer.text) (\(number(answer.score, 2)))"
  }

  public static func threads(_ count: Int) -> String {
    count == 1 ? "1 thread" : "\(count) threads"
  }

  public static func latency(_ latency: Latency) -> String {
    let windows = latency.windows == 1 ? "1 window" : "\(latency.windows) windows"
    return "Tokenise \(number(latency.tokenizeMs, 1)) ms, run \(number(latency.runMs, 1)) ms, "
      + "decode \(number(latency.decodeMs, 1)) ms (\(windows))"
  }

  /// A number with a point and so many digits behind it, whatever the phone's language.
  static func number(_ value: Double, _ digits: Int) -> String {
    String(format: "%.\(digits)f", locale: Locale(identifier: "en_US_POSIX"), value)
  }
}
