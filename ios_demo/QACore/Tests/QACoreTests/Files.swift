import Foundation
import XCTest

@testable import QACore

/// The files that tests read where they lie: the golden cases that all languages share, and what
/// `reference.py` wrote.
enum Files {
  static let repository = (0..<5).reduce(URL(fileURLWithPath: #filePath)) { path, _ in
    path.deletingLastPathComponent()
  }
  static let golden = repository.appendingPathComponent("tests/golden")
  static let reference = repository.appendingPathComponent("build/swift-reference")

  static func goldenCases(_ name: String) throws -> JsonReader {
    let path = golden.appendingPathComponent(name)
    return JsonReader(value: try Json(Data(contentsOf: path)), place: name)
  }

  /// A file of `reference.py`; the test is skipped where it was not written.
  static func written(_ name: String) throws -> Data {
    let path = reference.appendingPathComponent(name)
    guard let data = try? Data(contentsOf: path) else {
      throw XCTSkip("\(path.path) is missing: make test-swift writes it where the data is")
    }
    return data
  }

  /// The JSON lines of a file of `reference.py`.
  static func lines(_ name: String) throws -> [JsonReader] {
    try written(name).split(separator: UInt8(ascii: "\n")).enumerated().map {
      JsonReader(value: try Json($0.element), place: "\(name), line \($0.offset + 1)")
    }
  }
}

extension JsonReader {
  /// A field by its name, null where there is none.
  subscript(name: String) -> JsonReader {
    guard case .object(let fields) = value else { return JsonReader(value: .null, place: place) }
    return JsonReader(value: fields[name] ?? .null, place: "\(place).\(name)")
  }

  func ints() throws -> [Int] { try list { try $0.int() } }

  func ids() throws -> [Int32] { try ints().map(Int32.init) }

  /// Spans written as pairs.
  func pairs() throws -> [Range<Int>] {
    try list { try $0.ints() }.map { $0[0]..<$0[1] }
  }

  /// Spans written as one flat list.
  func flatPairs() throws -> [Range<Int>] {
    let places = try ints()
    return stride(from: 0, to: places.count, by: 2).map { places[$0]..<places[$0 + 1] }
  }

  func vocabulary(lowercase: Bool, stripAccents: Bool? = nil) throws -> WordPiece {
    let tokens = try list { try $0.text() }
    return try WordPiece(
      vocabulary: Data(tokens.joined(separator: "\n").utf8), lowercase: lowercase,
      stripAccents: stripAccents)
  }
}

/// Swift compares strings by canonical equivalence; these tests compare them to the code point.
func same(_ one: String?, _ other: String?) -> Bool {
  one.map { Array($0.unicodeScalars) } == other.map { Array($0.unicodeScalars) }
}
