import QACore

/// A passage in three parts, the middle one to be highlighted; empty where there is nothing to show.
public struct Highlight: Sendable, Equatable {
  public let before: String
  public let answer: String
  public let after: String

  /// Cuts at the answer's own place, in code points, and never looks for its text.
  public init(_ passage: String, _ answer: Answer?) {
    let scalars = passage.unicodeScalars
    guard let span = answer?.span,
      let start = scalars.index(
        scalars.startIndex, offsetBy: span.lowerBound, limitedBy: scalars.endIndex),
      let end = scalars.index(start, offsetBy: span.count, limitedBy: scalars.endIndex)
    else {
      (before, self.answer, after) = (passage, "", "")
      return
    }
    before = String(scalars[..<start])
    self.answer = String(scalars[start..<end])
    after = String(scalars[end...])
  }
}
