import Foundation
import XCTest

@testable import QACore

/// Agreement with the Python reference on many texts; `reference.py` writes what it makes of them.
final class AgreementTests: XCTestCase {
  func testEverySquadQuestionAndPassage() throws {
    let lines = try Files.lines("squad.jsonl")
    let tokenizer = try WordPiece(vocabulary: Files.written("bert.txt"), lowercase: true)
    var (passages, questions, windowCount) = (0, 0, 0)
    var context = ""
    for line in lines {
      if case .text(let text) = line["context"].value {
        context = text
        passages += 1
        check(tokenizer.encode(context), line, context)
        continue
      }
      let question = try line["question"].text()
      questions += 1
      check(tokenizer.encode(question), line, question)
      let limits = try QALimits().forLength(line["length"].int())
      let windows = makeWindows(tokenizer, question: question, context: context, limits: limits)
      windowCount += windows.count
      XCTAssertEqual(digest(windows), try line["windows"].text(), question)
      let logits = windows.enumerated().map { spanLogits($0.element, $0.offset) }
      let found = try decode(context, windows, logits, limits)
      let nBest = try line["n_best"].list { try $0.list { try $0.double() } }
      XCTAssertEqual(
        found.nBest.map { [Double($0.span.lowerBound), Double($0.span.upperBound), $0.score] },
        nBest, question)
      XCTAssertTrue(same(found.best?.text, try line["text"].optional { try $0.text() }), question)
    }
    XCTAssertGreaterThan(questions, 5000)
    print("SQuAD: \(passages) passages, \(questions) questions, \(windowCount) windows agree")
  }

  func testEveryHardString() throws {
    let tokenizer = try WordPiece(vocabulary: Files.written("bert.txt"), lowercase: true)
    let lines = try Files.lines("edge.jsonl")
    for line in lines {
      let text = try line["text"].text()
      check(tokenizer.encode(text), line, text)
    }
    print("hard strings: \(lines.count) agree")
  }

  func testEveryUnicodeScalar() throws {
    try checkCharacters("scalars")
  }

  func testRandomStrings() throws {
    try checkCharacters("fuzz")
  }

  private func checkCharacters(_ name: String) throws {
    let vocabulary = try Files.written("\(name).txt")
    let lowering = try WordPiece(vocabulary: vocabulary, lowercase: true)
    let keeping = try WordPiece(vocabulary: vocabulary, lowercase: false)
    var different = 0
    let lines = try Files.lines("\(name).jsonl")
    for line in lines {
      let text = try line["text"].text()
      let tokenizer = try line["lowercase"].bool() ? lowering : keeping
      let pieces = tokenizer.encode(text)
      let agrees = try pieces.ids == line["ids"].ids() && pieces.spans == line["spans"].flatPairs()
      if agrees { continue }
      different += 1
      if different <= 20 {
        let codes = text.unicodeScalars.map { String($0.value, radix: 16) }.joined(separator: " ")
        XCTFail("\(name): \(codes): found \(pieces), expected \(line.value)")
      }
    }
    XCTAssertEqual(different, 0)
    print("\(name): \(lines.count) texts, \(different) differ")
  }

  private func check(_ pieces: Pieces, _ line: JsonReader, _ text: String) {
    XCTAssertEqual(pieces.ids, try line["ids"].ids(), text)
    XCTAssertEqual(pieces.spans, try line["spans"].flatPairs(), text)
  }

  /// The same logits as `reference.py` makes.
  private func spanLogits(_ window: Window, _ number: Int) -> SpanLogits {
    func logits(_ salt: Int) -> [Float] {
      window.inputIDs.enumerated().map { position, id in
        let mixed = UInt64(Int(id) * 31 + position * 17 + number * 7 + salt) * 2_654_435_761
        return Float(mixed % (1 << 32) / (1 << 16)) / 8192 - 4
      }
    }
    return SpanLogits(start: logits(0), end: logits(3))
  }

  private func digest(_ windows: [Window]) -> String {
    var numbers: [Int32] = []
    for window in windows {
      numbers.append(Int32(window.inputIDs.count))
      numbers += window.inputIDs
      numbers += window.tokenTypeIDs
      numbers += [Int32(window.contextStart), Int32(window.first)]
      numbers += window.spans.flatMap { [Int32($0.lowerBound), Int32($0.upperBound)] }
      numbers += window.bestContext.map { $0 ? 1 : 0 }
    }
    return numbers.map(\.littleEndian).withUnsafeBytes { sha256(Data($0)) }
  }
}
