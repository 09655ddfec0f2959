import Foundation
import XCTest

@testable import QACore

final class CoreTests: XCTestCase {
  func testHashesAreThoseOfTheStandard() {
    let zeros = Data(count: 1000)
    for (data, expected) in [
      (Data(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      (Data("abc".utf8), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      // printf '%0119d' 0 | sha256sum: the length does not fit behind the text any more
      (
        Data(repeating: 0x30, count: 119),
        "c4487f9d6420e35698f9d9b4952e0a9f4735b0ce1729cdc68672ff30f20c6af2"
      ),
      (zeros, "541b3e9daa09b20bf85fa273e5cbd3e80185aa4ec298e765db87742b70138a53"),
    ] {
      XCTAssertEqual(sha256(data), expected)
    }
  }

  func testAVocabularyKeepsTokensApartThatUnicodeCallsEqual() throws {
    let tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "\u{E9}", "e\u{301}", "##\u{E9}"]
    let tokenizer = try WordPiece(
      vocabulary: Data(tokens.joined(separator: "\n").utf8), lowercase: false)
    XCTAssertEqual(tokenizer.encode("\u{E9} e\u{301} \u{E9}\u{E9}").ids, [5, 6, 5, 7])
  }

  func testAVocabularyMayEndItsLinesAsWindowsDoes() throws {
    let text = "[PAD]\r\n[UNK]\r\n[CLS]\r\n[SEP]\r\n[MASK]\r\na\r\n"
    let tokenizer = try WordPiece(vocabulary: Data(text.utf8), lowercase: true)
    XCTAssertEqual(tokenizer.vocabularySize, 6)
    XCTAssertEqual(tokenizer.encode("A").ids, [5])
  }

  func testAVocabularyThatIsNoneIsRefused() {
    let special = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n"
    for (bytes, mention) in [
      (Data([0x61, 0xFF]), "UTF-8"), (Data(), "[PAD] is missing"),
      (Data((special + "a\nb\na\n").utf8), "line 8 of the vocabulary repeats line 6"),
    ] {
      XCTAssertThrowsError(try WordPiece(vocabulary: bytes, lowercase: true)) {
        XCTAssertTrue("\($0)".contains(mention), "\($0)")
      }
    }
  }

  /// The expected ids are those of `_joined` in `distill/batches.py`.
  func testAPairOfTextsLosesTheEndOfTheLongerOne() throws {
    let letters = "[PAD] [UNK] [CLS] [SEP] [MASK] k l m n o p q r s t".split(separator: " ")
    let tokenizer = try WordPiece(
      vocabulary: Data(letters.joined(separator: "\n").utf8), lowercase: true)
    let (six, four) = ("k l m n o p", "q r s t")  // ids 5 to 10, 11 to 14
    let cases: [(String, String?, Int, [Int32], Int)] = [
      (six, nil, 20, [2, 5, 6, 7, 8, 9, 10, 3], 8),
      (six, nil, 5, [2, 5, 6, 7, 3], 5),
      (six, four, 20, [2, 5, 6, 7, 8, 9, 10, 3, 11, 12, 13, 14, 3], 8),
      (six, four, 11, [2, 5, 6, 7, 8, 3, 11, 12, 13, 14, 3], 6),
      (six, four, 10, [2, 5, 6, 7, 8, 3, 11, 12, 13, 3], 6),
      (four, six, 10, [2, 11, 12, 13, 14, 3, 5, 6, 7, 3], 6),
      (six, four, 6, [2, 5, 6, 3, 11, 3], 4),
      (six, four, 4, [2, 5, 3, 3], 3),
      (six, "", 6, [2, 5, 6, 7, 3, 3], 5),
      ("", four, 6, [2, 3, 11, 12, 13, 3], 2),
    ]
    for (text, pair, length, ids, second) in cases {
      let input = try makeClassifierInput(tokenizer, text: text, pair: pair, maxLength: length)
      XCTAssertEqual(input.inputIDs, ids)
      XCTAssertEqual(input.tokenTypeIDs, ids.indices.map { $0 < second ? 0 : 1 })
    }
    XCTAssertThrowsError(try makeClassifierInput(tokenizer, text: six, maxLength: 1))
    XCTAssertThrowsError(try makeClassifierInput(tokenizer, text: six, pair: six, maxLength: 2))
  }

  func testLabelsAreRankedByTheirLogits() throws {
    let ranked = try rankLabels(["a", "b", "c"], logits: [0, 1000, 0])
    XCTAssertEqual(ranked.map(\.label), ["b", "a", "c"])
    XCTAssertEqual(ranked.map(\.probability), [1, 0, 0])
    XCTAssertThrowsError(try rankLabels(["a"], logits: [1, 2]))
    XCTAssertThrowsError(try rankLabels([], logits: []))
    XCTAssertThrowsError(try rankLabels(["a", "b"], logits: [1, .nan]))
  }

  func testTheShortestEntryThatFitsIsTaken() throws {
    let interface = ModelInterface(
      entries: [
        Entry(name: "length_64", minLength: 64, maxLength: 64),
        Entry(name: "length_384", minLength: 384, maxLength: 384),
      ], inputs: [], outputs: [])
    XCTAssertEqual(try interface.entry(for: 64).entry.name, "length_64")
    XCTAssertEqual(try interface.entry(for: 65).length, 384)
    XCTAssertEqual(try interface.entry(for: 5, length: 384).entry.name, "length_384")
    XCTAssertThrowsError(try interface.entry(for: 385))
    XCTAssertThrowsError(try interface.entry(for: 0))
    XCTAssertThrowsError(try interface.entry(for: 5, length: 100))
  }

  func testAWrongGoldenRunIsRefused() throws {
    let folder = try bundle()
    defer { try? FileManager.default.removeItem(at: folder) }
    let bundle = try ModelBundle(folder: folder)
    let right = { (stored: GoldenCase) in stored.expected["tflite"] ?? [:] }
    XCTAssertEqual(try bundle.checkGolden("tflite", run: right), 0)
    let wrong = { (stored: GoldenCase) in right(stored).mapValues { $0.map { $0 + 1000 } } }
    let none = { (stored: GoldenCase) in right(stored).mapValues { $0.map { _ in Float.nan } } }
    let short = { (stored: GoldenCase) in right(stored).mapValues { Array($0.dropLast()) } }
    for run in [wrong, none, short] {
      XCTAssertThrowsError(try bundle.checkGolden("tflite", run: run))
    }
    XCTAssertThrowsError(try bundle.checkGolden("coreml", run: right))
    XCTAssertThrowsError(try bundle.model("coreml"))
  }

  func testALinkOutOfTheFolderIsRefused() throws {
    let folder = try bundle()
    defer { try? FileManager.default.removeItem(at: folder) }
    let vocabulary = folder.appendingPathComponent("vocab.txt")
    try FileManager.default.removeItem(at: vocabulary)
    try FileManager.default.createSymbolicLink(
      at: vocabulary,
      withDestinationURL: Files.golden.appendingPathComponent("manifests/files/vocab.txt"))
    XCTAssertThrowsError(try ModelBundle(folder: folder)) {
      XCTAssertTrue("\($0)".contains("outside"), "\($0)")
    }
  }

  func testTextThatIsNoJsonIsRefused() {
    for text in [
      "", "{", "[1,]", "{\"a\":1,}", "01", "1.", "-", "+1", "nul", "\"\\ud800\"",
      "\"\\ud800\\u0041\"",
      "\"\n\"", "\"\\x\"", "\"\\u12g4\"", "NaN", "1 2", String(repeating: "[", count: 100_000),
    ] {
      XCTAssertThrowsError(try Json(Data(text.utf8)), text)
    }
  }

  func testJsonTextsComeOutAsWritten() throws {
    let written = #"["\ud83d\ude00\u00e9\n\/", -0.5e3, 12]"#
    guard case .list(let items) = try Json(Data(written.utf8)) else { return XCTFail("no list") }
    XCTAssertEqual(try JsonReader(value: items[0], place: "").text(), "😀é\n/")
    XCTAssertEqual(try JsonReader(value: items[1], place: "").double(), -500)
    XCTAssertThrowsError(try JsonReader(value: items[1], place: "").int())
    XCTAssertEqual(try JsonReader(value: items[2], place: "").int(), 12)
  }

  private func bundle() throws -> URL {
    let source = Files.golden.appendingPathComponent("manifests")
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("bundle-\(UUID().uuidString)")
    try FileManager.default.copyItem(at: source.appendingPathComponent("files"), to: folder)
    try FileManager.default.copyItem(
      at: source.appendingPathComponent("accepted/as-exported.json"),
      to: folder.appendingPathComponent("manifest.json"))
    return folder
  }
}
