/// The limits of question answering, all in tokens; a bundle's manifest carries them.
public struct QALimits: Sendable, Equatable {
  public let maxQuestionTokens: Int
  public let maxLength: Int
  public let stride: Int
  public let maxAnswerTokens: Int
  public let nBest: Int
  public let nullThreshold: Double?

  static let longest = 4096
  static let specials = 3  // [CLS] question [SEP] context [SEP]

  /// Throws `QAError` for a limit out of its range and where no token of a passage would fit.
  public init(
    maxQuestionTokens: Int = 64, maxLength: Int = 384, stride: Int = 128,
    maxAnswerTokens: Int = 30, nBest: Int = 20, nullThreshold: Double? = nil
  ) throws {
    let limits = [
      ("max_question_tokens", maxQuestionTokens), ("stride", stride),
      ("max_answer_tokens", maxAnswerTokens), ("n_best", nBest),
    ]
    for (name, value) in limits where !(1...Self.longest).contains(value) {
      throw QAError("\(name) must be from 1 to \(Self.longest), found \(value)")
    }
    let least = maxQuestionTokens + Self.specials + 1
    guard least <= maxLength, maxLength <= Self.longest else {
      throw QAError(
        "max_length must be from \(least) (question of \(maxQuestionTokens) tokens, "
          + "\(Self.specials) special tokens and one of the passage) to \(Self.longest), "
          + "found \(maxLength)")
    }
    self.maxQuestionTokens = maxQuestionTokens
    self.maxLength = maxLength
    self.stride = stride
    self.maxAnswerTokens = maxAnswerTokens
    self.nBest = nBest
    self.nullThreshold = nullThreshold
  }

  /// The same limits for a model that takes `length` tokens; shrinks what cannot fit.
  public func forLength(_ length: Int) throws -> QALimits {
    try QALimits(
      maxQuestionTokens: min(maxQuestionTokens, max(1, (length - Self.specials) / 2)),
      maxLength: length, stride: stride, maxAnswerTokens: maxAnswerTokens, nBest: nBest,
      nullThreshold: nullThreshold)
  }
}

/// One model input: `[CLS] question [SEP] part of the context [SEP]`, without padding.
public struct Window: Sendable, Equatable {
  public let inputIDs: [Int32]
  public let tokenTypeIDs: [Int32]
  /// Where in the input the first token of the passage is.
  public let contextStart: Int
  /// The index of that token among all tokens of the passage.
  public let first: Int
  /// Code-point spans, in the whole passage, of the tokens from `contextStart` on.
  public let spans: [Range<Int>]
  /// True where this window gives that token the most context of all windows.
  public let bestContext: [Bool]
}

/// Cuts a question and a passage of any length into model inputs that overlap, in order of the
/// passage.
///
/// Consecutive windows start `stride` tokens apart (the SQuAD convention), less where a long
/// question leaves room for fewer, so that no token is skipped. A passage without any token gives
/// one window without context tokens.
public func makeWindows(
  _ tokenizer: WordPiece, question: String, context: String, limits: QALimits
) -> [Window] {
  makeWindows(
    tokenizer, question: tokenizer.encode(question), context: tokenizer.encode(context),
    limits: limits)
}

/// The same for texts that are tokenised already: one passage may be asked many questions.
public func makeWindows(
  _ tokenizer: WordPiece, question: Pieces, context: Pieces, limits: QALimits
) -> [Window] {
  let asked = question.ids.prefix(limits.maxQuestionTokens)
  let total = context.ids.count
  let room = limits.maxLength - asked.count - QALimits.specials
  let step = min(limits.stride, room)
  var parts = [0..<min(room, total)]
  while let last = parts.last, last.upperBound < total {
    let start = last.lowerBound + step
    parts.append(start..<min(start + room, total))
  }
  let owners = owners(parts, total)
  let head = [tokenizer.clsID] + asked + [tokenizer.sepID]
  return parts.enumerated().map { number, part in
    Window(
      inputIDs: head + context.ids[part] + [tokenizer.sepID],
      tokenTypeIDs: Array(repeating: 0, count: head.count)
        + Array(repeating: 1, count: part.count + 1),
      contextStart: head.count,
      first: part.lowerBound,
      spans: Array(context.spans[part]),
      bestContext: owners[part].map { $0 == number })
  }
}

/// For each token of the passage the window that shows it with the most context.
///
/// The score is the official one: the smaller of the tokens to its left and right, plus a hundredth
/// of the window's length; the earlier window wins a tie.
private func owners(_ parts: [Range<Int>], _ total: Int) -> [Int] {
  var best = Array(repeating: -1.0, count: total)
  var owner = Array(repeating: 0, count: total)
  for (number, part) in parts.enumerated() {
    let size = 0.01 * Double(part.count)
    for token in part {
      let score = Double(min(token - part.lowerBound, part.upperBound - 1 - token)) + size
      if score > best[token] {
        best[token] = score
        owner[token] = number
      }
    }
  }
  return owner
}
