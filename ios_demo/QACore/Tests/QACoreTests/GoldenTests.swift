import Foundation
import XCTest

@testable import QACore

/// The cases that Python, Kotlin and Swift share, described in `tests/golden/README.md`.
final class GoldenTests: XCTestCase {
  func testEveryTokenizerCase() throws {
    let file = try Files.goldenCases("tokenizer.json")
    let tokenizers = try file["tokenizers"].map { settings in
      try file["vocabularies"][settings["vocabulary"].text()].vocabulary(
        lowercase: settings["lowercase"].bool(), stripAccents: settings["strip_accents"].bool())
    }
    let cases = try file["cases"].list { $0 }
    XCTAssertGreaterThan(cases.count, 100)
    for stored in cases {
      let tokenizer = try XCTUnwrap(tokenizers[stored["tokenizer"].text()])
      let pieces = tokenizer.encode(try stored["text"].text())
      let name = try stored["name"].text()
      XCTAssertEqual(pieces.ids, try stored["ids"].ids(), name)
      XCTAssertEqual(pieces.spans, try stored["spans"].pairs(), name)
    }
  }

  func testEveryWindowCase() throws {
    let file = try Files.goldenCases("windows.json")
    let tokenizer = try file["vocabulary"].vocabulary(lowercase: file["lowercase"].bool())
    let cases = try file["cases"].list { $0 }
    XCTAssertGreaterThan(cases.count, 20)
    for stored in cases {
      let windows = makeWindows(
        tokenizer, question: try stored["question"].text(), context: try stored["context"].text(),
        limits: try QALimits(stored["limits"]))
      let name = try stored["name"].text()
      XCTAssertEqual(windows, try stored["windows"].list(Window.init), name)
    }
  }

  func testLimitsThatShrinkAndLimitsThatAreRefused() throws {
    let file = try Files.goldenCases("windows.json")
    for stored in try file["for_length"].list({ $0 }) {
      let limits = try QALimits().forLength(stored["length"].int())
      XCTAssertEqual(limits, try QALimits(stored["limits"]))
    }
    for stored in try file["refused"].list({ $0 }) {
      try expectRefusal(stored["mentions"]) { try QALimits(stored["limits"]) }
    }
  }

  func testEveryAnswerCase() throws {
    let file = try Files.goldenCases("answers.json")
    let tokenizer = try file["vocabulary"].vocabulary(lowercase: file["lowercase"].bool())
    let cases = try file["cases"].list { $0 }
    XCTAssertGreaterThan(cases.count, 15)
    for stored in cases {
      let name = try stored["name"].text()
      let found = try decoded(stored, tokenizer, stored["logits"].list(SpanLogits.init))
      let expected = stored["expected"]
      XCTAssertEqual(found.best, try expected["best"].optional(Answer.init), name)
      XCTAssertEqual(found.nBest, try expected["n_best"].list(Answer.init), name)
      XCTAssertEqual(found.nullScore, try expected["null_score"].double(), name)
    }
  }

  func testLogitsThatAreNotFiniteAreRefused() throws {
    let file = try Files.goldenCases("answers.json")
    let tokenizer = try file["vocabulary"].vocabulary(lowercase: file["lowercase"].bool())
    let values: [String: Float] = ["nan": .nan, "inf": .infinity, "-inf": -.infinity]
    let cases = try file["not_finite"].list { $0 }
    XCTAssertFalse(cases.isEmpty)
    for stored in cases {
      let name = try stored["case"].text()
      let base = try XCTUnwrap(file["cases"].list { $0 }.first { try $0["name"].text() == name })
      var logits = try base["logits"].list(SpanLogits.init)
      let (window, position) = try (stored["window"].int(), stored["position"].int())
      var (start, end) = (logits[window].start, logits[window].end)
      let value = try XCTUnwrap(values[stored["value"].text()])
      if try stored["array"].text() == "start" {
        start[position] = value
      } else {
        end[position] = value
      }
      logits[window] = SpanLogits(start: start, end: end)
      XCTAssertThrowsError(try decoded(base, tokenizer, logits), name)
    }
  }

  func testAnEmptyQuestionOrPassageIsRefused() throws {
    for stored in try Files.goldenCases("answers.json")["refused"].list({ $0 }) {
      try expectRefusal(stored["mentions"]) {
        try refuseBlank(stored["question"].text(), stored["context"].text())
      }
    }
  }

  func testEveryManifestIsTakenOrRefusedForItsReason() throws {
    let folder = Files.golden.appendingPathComponent("manifests")
    let cases = try Files.goldenCases("manifests/cases.json")["cases"].list { $0 }
    XCTAssertGreaterThan(cases.count, 40)
    for stored in cases {
      let place = FileManager.default.temporaryDirectory
        .appendingPathComponent("bundle-\(UUID().uuidString)")
      defer { try? FileManager.default.removeItem(at: place) }
      try FileManager.default.copyItem(at: folder.appendingPathComponent("files"), to: place)
      let manifest = folder.appendingPathComponent(try stored["manifest"].text())
      try FileManager.default.copyItem(
        at: manifest, to: place.appendingPathComponent("manifest.json"))
      if try stored["refused"].optional({ try $0.text() }) == nil {
        let tokenizer = try ModelBundle(folder: place).tokenizer()
        let name = manifest.lastPathComponent
        let ids = tokenizer.encode(try stored["text"].text()).ids
        XCTAssertEqual(ids, try stored["ids"].ids(), name)
      } else {
        try expectRefusal(stored["mentions"], manifest.lastPathComponent) {
          try ModelBundle(folder: place)
        }
      }
    }
  }

  func testEveryClassifierCase() throws {
    let file = try Files.goldenCases("classifier.json")
    let tokenizer = try file["vocabulary"].vocabulary(lowercase: file["lowercase"].bool())
    let inputs = try file["inputs"].list { $0 }
    XCTAssertGreaterThan(inputs.count, 15)
    for stored in inputs {
      let made = try classifierInput(stored, tokenizer)
      let name = try stored["name"].text()
      XCTAssertEqual(made.inputIDs, try stored["input_ids"].ids(), name)
      XCTAssertEqual(made.tokenTypeIDs, try stored["token_type_ids"].ids(), name)
    }
    for stored in try file["refused_lengths"].list({ $0 }) {
      XCTAssertThrowsError(try classifierInput(stored, tokenizer))
    }
  }

  func testEveryRankingOfLabels() throws {
    let file = try Files.goldenCases("classifier.json")
    for stored in try file["rankings"].list({ $0 }) {
      let found = try ranked(stored)
      let expected = try stored["ranked"].list { $0 }
      XCTAssertEqual(found.map(\.label), try expected.map { try $0["label"].text() })
      for (one, other) in zip(found, expected) {
        XCTAssertEqual(one.probability, try other["probability"].double(), accuracy: 1e-12)
      }
    }
    for stored in try file["refused_logits"].list({ $0 }) {
      XCTAssertThrowsError(try ranked(stored))
    }
  }

  private func classifierInput(
    _ stored: JsonReader, _ tokenizer: WordPiece
  ) throws -> ClassifierInput {
    try makeClassifierInput(
      tokenizer, text: stored["text"].text(), pair: stored["pair"].optional { try $0.text() },
      maxLength: stored["max_length"].int())
  }

  private func ranked(_ stored: JsonReader) throws -> [LabelScore] {
    let special: [String: Float] = ["nan": .nan, "inf": .infinity]
    let logits = try stored["logits"].list { reader in
      if case .text(let word) = reader.value { return try XCTUnwrap(special[word]) }
      return try Float(reader.double())
    }
    return try rankLabels(stored["labels"].list { try $0.text() }, logits: logits)
  }

  private func decoded(
    _ stored: JsonReader, _ tokenizer: WordPiece, _ logits: [SpanLogits]
  ) throws -> Decoded {
    let limits = try QALimits(stored["limits"])
    let (question, context) = try (stored["question"].text(), stored["context"].text())
    let windows = makeWindows(tokenizer, question: question, context: context, limits: limits)
    return try decode(context, windows, logits, limits)
  }

  private func expectRefusal<T>(
    _ mentions: JsonReader, _ name: String = "", _ work: () throws -> T
  ) throws {
    let words = try mentions.list { try $0.text() }
    XCTAssertThrowsError(try work(), name) { error in
      XCTAssertTrue(error is QAError, "\(name): \(error)")
      for word in words {
        XCTAssertTrue("\(error)".contains(word), "\(name): no '\(word)' in: \(error)")
      }
    }
  }
}

extension Window {
  fileprivate init(_ reader: JsonReader) throws {
    try self.init(
      inputIDs: reader["input_ids"].ids(), tokenTypeIDs: reader["token_type_ids"].ids(),
      contextStart: reader["context_start"].int(), first: reader["first"].int(),
      spans: reader["spans"].pairs(), bestContext: reader["best_context"].list { try $0.bool() })
  }
}

extension SpanLogits {
  fileprivate init(_ reader: JsonReader) throws {
    try self.init(
      start: reader["start"].list { try Float($0.double()) },
      end: reader["end"].list { try Float($0.double()) })
  }
}

extension Answer {
  fileprivate init(_ reader: JsonReader) throws {
    try self.init(
      text: reader["text"].text(), span: reader["start"].int()..<reader["end"].int(),
      score: reader["score"].double())
  }
}
