import Foundation

/// One class with its logit and its share of the softmax over all of them.
public struct LabelScore: Sendable, Equatable {
  public let label: String
  public let logit: Float
  public let probability: Double
}

/// One model input of a classifier, without padding.
public struct ClassifierInput: Sendable, Equatable {
  public let inputIDs: [Int32]
  public let tokenTypeIDs: [Int32]
}

/// `[CLS] text [SEP]` or `[CLS] text [SEP] pair [SEP]`, cut to `maxLength` tokens.
///
/// Of a pair that is too long the longer text loses tokens first, from its end. Throws `QAError`
/// where `maxLength` has no room for the special tokens.
public func makeClassifierInput(
  _ tokenizer: WordPiece, text: String, pair: String? = nil, maxLength: Int
) throws -> ClassifierInput {
  let first = tokenizer.encode(text).ids
  guard let pair else {
    guard maxLength >= 2 else { throw QAError("no text fits into \(maxLength) tokens") }
    let ids = [tokenizer.clsID] + first.prefix(maxLength - 2) + [tokenizer.sepID]
    return ClassifierInput(inputIDs: ids, tokenTypeIDs: Array(repeating: 0, count: ids.count))
  }
  let room = maxLength - 3
  guard room >= 0 else { throw QAError("no pair of texts fits into \(maxLength) tokens") }
  let other = tokenizer.encode(pair).ids
  let size = max(room - other.count, min(first.count, (room + 1) / 2))
  let head = [tokenizer.clsID] + first.prefix(min(size, room)) + [tokenizer.sepID]
  let tail = other.prefix(maxLength - head.count - 1) + [tokenizer.sepID]
  return ClassifierInput(
    inputIDs: head + tail,
    tokenTypeIDs: Array(repeating: 0, count: head.count)
      + Array(repeating: 1, count: tail.count))
}

/// The labels of a manifest ranked by their logits; the earlier of equal ones first.
///
/// Throws `QAError` where there are not as many logits as labels, or where one is not finite.
public func rankLabels(_ labels: [String], logits: [Float]) throws -> [LabelScore] {
  guard labels.count == logits.count, let largest = logits.max() else {
    throw QAError("the model returned \(logits.count) logits for \(labels.count) labels")
  }
  guard logits.allSatisfy(\.isFinite) else {
    throw QAError("the model returned logits that are not finite numbers")
  }
  let powers = logits.map { exp(Double($0) - Double(largest)) }
  let sum = powers.reduce(0, +)
  let order = logits.indices.sorted {
    logits[$0] == logits[$1] ? $0 < $1 : logits[$0] > logits[$1]
  }
  return order.map {
    LabelScore(label: labels[$0], logit: logits[$0], probability: powers[$0] / sum)
  }
}
