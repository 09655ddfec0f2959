/// Start and end logits of one window; what stands behind its tokens is padding.
public struct SpanLogits: Sendable, Equatable {
  public let start: [Float]
  public let end: [Float]

  public init(start: [Float], end: [Float]) {
    self.start = start
    self.end = end
  }
}

/// An answer: a part of the passage in Unicode code points, scored start + end logit.
public struct Answer: Sendable, Equatable {
  public let text: String
  public let span: Range<Int>
  public let score: Double
}

/// The result for one question; `best` is nil where the passage holds no answer.
public struct Decoded: Sendable, Equatable {
  public let best: Answer?
  public let nBest: [Answer]
  public let nullScore: Double
}

/// Start and end logits of one window, from its ids and token types, neither of them padded.
public typealias SpanModel = (_ inputIDs: [Int32], _ tokenTypeIDs: [Int32]) throws -> SpanLogits

/// Answers one question. Throws `QAError` for an empty question or passage.
public func answer(
  _ question: String, context: String, tokenizer: WordPiece, limits: QALimits, model: SpanModel
) throws -> Decoded {
  try refuseBlank(question, context)
  let windows = makeWindows(tokenizer, question: question, context: context, limits: limits)
  let logits = try windows.map { try model($0.inputIDs, $0.tokenTypeIDs) }
  return try decode(context, windows, logits, limits)
}

/// Throws `QAError` where the question or the passage is nothing but white space.
public func refuseBlank(_ question: String, _ context: String) throws {
  if isBlank(question) { throw QAError("the question is empty; ask something") }
  if isBlank(context) {
    throw QAError("the passage is empty; an answer is always a part of the passage")
  }
}

/// Ranks spans over all windows by start + end logit, without a softmax per window.
///
/// A span is kept if both ends are tokens of the passage, the end does not precede the start, it is
/// at most `maxAnswerTokens` long, and its start is in the window that shows it with the most
/// context. With a `nullThreshold` (SQuAD 2) there is no answer where the null score, the least
/// start + end logit of `[CLS]` over the windows, exceeds the best span's by more than that.
public func decode(
  _ context: String, _ windows: [Window], _ logits: [SpanLogits], _ limits: QALimits
) throws -> Decoded {
  guard windows.count == logits.count else {
    throw QAError("\(windows.count) windows, but logits of \(logits.count)")
  }
  var candidates: [Candidate] = []
  var nullScore = Double.infinity
  for (window, logits) in zip(windows, logits) {
    guard min(logits.start.count, logits.end.count) >= window.inputIDs.count else {
      throw QAError("the model returned fewer logits than the window has tokens")
    }
    guard logits.start.allSatisfy(\.isFinite), logits.end.allSatisfy(\.isFinite) else {
      throw QAError("the model returned logits that are not finite numbers")
    }
    nullScore = min(nullScore, Double(logits.start[0]) + Double(logits.end[0]))
    candidates += windowCandidates(window, logits, limits)
  }
  candidates.sort {
    if $0.score != $1.score { return $0.score > $1.score }
    return ($0.span.lowerBound, $0.span.upperBound) < ($1.span.lowerBound, $1.span.upperBound)
  }
  let nBest = distinct(context, candidates, limits.nBest)
  var best = nBest.first
  if let found = best, let threshold = limits.nullThreshold, nullScore - found.score > threshold {
    best = nil
  }
  return Decoded(best: best, nBest: nBest, nullScore: nullScore)
}

private struct Candidate {
  let score: Double
  let span: Range<Int>
}

/// The best spans of one window, in code points of the passage.
///
/// As in the official decoder the `nBest` best starts meet the `nBest` best ends; ties go to the
/// earlier token.
private func windowCandidates(
  _ window: Window, _ logits: SpanLogits, _ limits: QALimits
) -> [Candidate] {
  let tokens = window.spans.indices
  let offset = window.contextStart
  let allowed = tokens.filter { window.bestContext[$0] }
  let starts = largest(allowed, limits.nBest) { logits.start[offset + $0] }
  let ends = largest(Array(tokens), limits.nBest) { logits.end[offset + $0] }
  var found: [Candidate] = []
  for start in starts {
    for end in ends where start <= end && end < start + limits.maxAnswerTokens {
      let (from, to) = (window.spans[start].lowerBound, window.spans[end].upperBound)
      if from >= to { continue }
      // Added in double precision, so that the order is the same in every language.
      let score = Double(logits.start[offset + start]) + Double(logits.end[offset + end])
      found.append(Candidate(score: score, span: from..<to))
    }
  }
  return found
}

/// The `count` tokens with the largest values, the largest first, the earlier of equal ones first.
private func largest(_ tokens: [Int], _ count: Int, _ value: (Int) -> Float) -> [Int] {
  let sorted = tokens.sorted {
    let (one, other) = (value($0), value($1))
    return one == other ? $0 < $1 : one > other
  }
  return Array(sorted.prefix(count))
}

private func distinct(_ context: String, _ candidates: [Candidate], _ limit: Int) -> [Answer] {
  var seen: Set<Range<Int>> = []
  var kept: [Answer] = []
  let scalars = Array(context.unicodeScalars)
  for candidate in candidates where seen.insert(candidate.span).inserted {
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars[candidate.span])
    kept.append(Answer(text: String(text), span: candidate.span, score: candidate.score))
    if kept.count == limit { break }
  }
  return kept
}

/// Whether a text is nothing but white space, as Python has it.
public func isBlank(_ text: String) -> Bool {
  // U+001C to U+001F are white space to Python, though not to Unicode.
  text.unicodeScalars.allSatisfy {
    $0.properties.isWhitespace || (0x1C...0x1F).contains($0.value)
  }
}
