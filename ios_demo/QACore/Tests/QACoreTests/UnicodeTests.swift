import Foundation
import XCTest

@testable import QACore

/// Every character against the tables of the reference, whatever Unicode version this system has.
final class UnicodeTests: XCTestCase {
  func testEveryCharacterIsWhatTheReferenceSays() throws {
    let file = try Files.goldenCases("unicode.json")
    let dropped = try flags(file["dropped"])
    let spaces = try flags(file["spaces"])
    let ideographs = try flags(file["ideographs"])
    let marks = try flags(file["marks"])
    let punctuation = try flags(file["punctuation"])
    let decompositions = try mapping(file["decompositions"])
    let lower = try mapping(file["lower"])
    var wrong: [String: [String]] = [:]
    func compare(_ what: String, _ scalar: Unicode.Scalar, _ same: Bool) {
      if !same { wrong[what, default: []].append(String(scalar.value, radix: 16)) }
    }
    for value in 0...UInt32(0x10FFFF) {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let place = Int(value)
      let isDropped = ScalarRules.isDropped(scalar)
      compare("dropped", scalar, isDropped == dropped[place])
      compare("punctuation", scalar, ScalarRules.isPunctuation(scalar) == punctuation[place])
      if isDropped { continue }
      compare("spaces", scalar, scalar.properties.isWhitespace == spaces[place])
      compare("ideographs", scalar, ScalarRules.isIdeograph(value) == ideographs[place])
      if spaces[place] { continue }
      if !ideographs[place] {
        compare("lower", scalar, ScalarRules.lowercase(scalar) == lower[value] ?? [scalar])
      }
      let isHangul = (0xAC00...0xD7A3).contains(value)
      let parts = ScalarRules.decomposition(scalar)
      compare("decompositions", scalar, isHangul || parts == decompositions[value] ?? [scalar])
      if parts == [scalar] {
        compare("marks", scalar, ScalarRules.isMark(scalar) == marks[place])
      }
    }
    XCTAssertEqual(wrong, [:])
  }

  /// For each code point whether one of the ranges holds it.
  private func flags(_ ranges: JsonReader) throws -> [Bool] {
    var flags = Array(repeating: false, count: 0x110000)
    for range in try ranges.list({ try $0.ints() }) {
      for value in range[0]...range[1] { flags[value] = true }
    }
    return flags
  }

  private func mapping(_ pairs: JsonReader) throws -> [UInt32: [Unicode.Scalar]] {
    var mapping: [UInt32: [Unicode.Scalar]] = [:]
    for pair in try pairs.list({ try $0.list { $0 } }) {
      mapping[UInt32(try pair[0].int())] = try pair[1].ints().compactMap { Unicode.Scalar($0) }
    }
    return mapping
  }
}

extension Unicode.Scalar {
  fileprivate init?(_ value: Int) {
    self.init(UInt32(value))
  }
}
