import Foundation

/// Token ids and, for each, its half-open span in Unicode code points of the original text.
public struct Pieces: Sendable, Equatable {
  public let ids: [Int32]
  public let spans: [Range<Int>]
}

/// BERT's tokenizer. `[SEP]` typed by a user is plain text: it can never inject a separator.
public struct WordPiece: Sendable {
  public let padID: Int32
  public let unknownID: Int32
  public let clsID: Int32
  public let sepID: Int32
  public let vocabularySize: Int
  private let lowercase: Bool
  private let stripAccents: Bool
  private let vocabulary: Vocabulary

  private static let longestWord = 100  // code points; a longer word is [UNK]

  /// Reads a `vocab.txt`: one token a line, the line number is the id.
  ///
  /// `stripAccents` goes with the case unless it is given. Throws `QAError` where the bytes are not
  /// UTF-8, a token is repeated or one of BERT's special tokens is missing.
  public init(vocabulary bytes: Data, lowercase: Bool, stripAccents: Bool? = nil) throws {
    let vocabulary = try Vocabulary(bytes)
    var special: [Int32] = []
    for token in ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] {
      guard let id = vocabulary.id(of: token) else {
        throw QAError(
          "not a BERT vocabulary: \(token) is missing among \(vocabulary.count) tokens; "
            + "expected one token a line")
      }
      special.append(id)
    }
    (padID, unknownID, clsID, sepID) = (special[0], special[1], special[2], special[3])
    vocabularySize = vocabulary.count
    self.lowercase = lowercase
    self.stripAccents = stripAccents ?? lowercase
    self.vocabulary = vocabulary
  }

  /// Tokenises plain text; adds no special token.
  public func encode(_ text: String) -> Pieces {
    let normal = NormalText(text, lowercase: lowercase, stripAccents: stripAccents)
    var found = Found(capacity: normal.scalars.count / 3)
    var start = 0
    for place in normal.scalars.indices where normal.isBreak[place] {
      appendWord(normal, start..<place, to: &found)
      if normal.scalars[place] != " " { appendWord(normal, place..<place + 1, to: &found) }
      start = place + 1
    }
    appendWord(normal, start..<normal.scalars.count, to: &found)
    return Pieces(ids: found.ids, spans: found.spans)
  }

  /// Greedy longest match; a word of which any part is unknown is [UNK] as a whole.
  private func appendWord(_ text: NormalText, _ word: Range<Int>, to found: inout Found) {
    if word.isEmpty { return }
    let before = found.ids.count
    var place = word.lowerBound
    while place < word.upperBound, word.count <= Self.longestWord {
      let part = text.scalars[place..<word.upperBound]
      guard let match = vocabulary.longestMatch(part, inside: place > word.lowerBound) else {
        break
      }
      found.append(match.id, text.span(place..<place + match.length))
      place += match.length
    }
    if place < word.upperBound {
      found.removeAll(after: before)
      found.append(unknownID, text.span(word))
    }
  }

  private struct Found {
    var ids: [Int32] = []
    var spans: [Range<Int>] = []

    init(capacity: Int) {
      ids.reserveCapacity(capacity)
      spans.reserveCapacity(capacity)
    }

    mutating func append(_ id: Int32, _ span: Range<Int>) {
      ids.append(id)
      spans.append(span)
    }

    mutating func removeAll(after count: Int) {
      ids.removeLast(ids.count - count)
      spans.removeLast(spans.count - count)
    }
  }
}
