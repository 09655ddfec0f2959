import Foundation

/// JSON as it was written: a whole number can be told from one with a point, and from `true`.
enum Json {
  case null
  case bool(Bool)
  case whole(String)
  case fraction(String)
  case text(String)
  case list([Json])
  case object([String: Json])

  /// Throws `QAError` with the place of the fault, in bytes.
  init(_ data: Data) throws {
    var parser = JsonParser(bytes: [UInt8](data))
    self = try parser.document()
  }
}

private struct JsonParser {
  let bytes: [UInt8]
  var at = 0
  private static let deepest = 64

  mutating func document() throws -> Json {
    let value = try value(depth: 0)
    skipSpace()
    if at < bytes.count { throw fault("something behind the end") }
    return value
  }

  private mutating func value(depth: Int) throws -> Json {
    skipSpace()
    guard at < bytes.count else { throw fault("it ends too early") }
    if depth > Self.deepest { throw fault("nested more than \(Self.deepest) deep") }
    switch bytes[at] {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try list(depth: depth)
    case UInt8(ascii: "\""): return .text(try text())
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    default: return try number()
    }
  }

  private mutating func object(depth: Int) throws -> Json {
    var found: [String: Json] = [:]
    at += 1
    if take("}") { return .object(found) }
    repeat {
      skipSpace()
      let name = try text()
      if !take(":") { throw fault("no colon") }
      found[name] = try value(depth: depth + 1)
    } while take(",")
    if !take("}") { throw fault("no end of an object") }
    return .object(found)
  }

  private mutating func list(depth: Int) throws -> Json {
    var found: [Json] = []
    at += 1
    if take("]") { return .list(found) }
    repeat { found.append(try value(depth: depth + 1)) } while take(",")
    if !take("]") { throw fault("no end of a list") }
    return .list(found)
  }

  private mutating func number() throws -> Json {
    let start = at
    _ = takeByte { $0 == UInt8(ascii: "-") }
    let first = at
    let digits = takeDigits()
    if digits == 0 || (digits > 1 && bytes[first] == UInt8(ascii: "0")) {
      throw fault("no value")
    }
    var isWhole = true
    if takeByte({ $0 == UInt8(ascii: ".") }) {
      isWhole = false
      if takeDigits() == 0 { throw fault("no digits behind the point") }
    }
    if takeByte({ $0 == UInt8(ascii: "e") || $0 == UInt8(ascii: "E") }) {
      isWhole = false
      _ = takeByte { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }
      if takeDigits() == 0 { throw fault("no digits in the exponent") }
    }
    let written = String(decoding: bytes[start..<at], as: UTF8.self)
    return isWhole ? .whole(written) : .fraction(written)
  }

  private mutating func text() throws -> String {
    guard takeByte({ $0 == UInt8(ascii: "\"") }) else {
      throw fault("no text where one is expected")
    }
    var found: [UInt8] = []
    while at < bytes.count {
      let byte = bytes[at]
      at += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: found, as: UTF8.self) else { throw fault("no UTF-8") }
        return text
      case UInt8(ascii: "\\"): found += try escape()
      case 0..<0x20: throw fault("a control character in a text")
      default: found.append(byte)
      }
    }
    throw fault("no end of a text")
  }

  private mutating func escape() throws -> [UInt8] {
    guard at < bytes.count else { throw fault("no end of a text") }
    let byte = bytes[at]
    at += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"):
      var value = try hex()
      if (0xD800...0xDBFF).contains(value), take("\\"), take("u") {
        let second = try hex()
        if (0xDC00...0xDFFF).contains(second) {
          value = 0x10000 + (value - 0xD800) << 10 + (second - 0xDC00)
        }
      }
      guard let scalar = Unicode.Scalar(value) else { throw fault("half a surrogate pair") }
      return Array(String(scalar).utf8)
    default: throw fault("an unknown escape")
    }
  }

  private mutating func hex() throws -> UInt32 {
    guard at + 4 <= bytes.count,
      bytes[at..<at + 4].allSatisfy({ Unicode.Scalar($0).properties.isASCIIHexDigit }),
      let value = UInt32(String(decoding: bytes[at..<at + 4], as: UTF8.self), radix: 16)
    else { throw fault("an escape without four hexadecimal digits") }
    at += 4
    return value
  }

  private mutating func word(_ word: String, _ value: Json) throws -> Json {
    guard bytes[at...].starts(with: word.utf8) else { throw fault("no value") }
    at += word.utf8.count
    return value
  }

  private mutating func takeDigits() -> Int {
    let start = at
    while takeByte({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {}
    return at - start
  }

  /// Takes white space and the sign behind it; only the white space where another one stands there.
  private mutating func take(_ sign: Unicode.Scalar) -> Bool {
    if sign != "\\" && sign != "u" { skipSpace() }
    return takeByte { $0 == UInt8(ascii: sign) }
  }

  private mutating func takeByte(_ wanted: (UInt8) -> Bool) -> Bool {
    guard at < bytes.count, wanted(bytes[at]) else { return false }
    at += 1
    return true
  }

  private mutating func skipSpace() {
    while takeByte({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }) {}
  }

  private func fault(_ what: String) -> QAError {
    QAError("not valid JSON: \(what) at byte \(at)")
  }
}

extension Json {
  /// The value as an error shows it.
  var shown: String {
    switch self {
    case .null: return "null"
    case .bool(let bool): return String(bool)
    case .whole(let written), .fraction(let written): return String(written.prefix(40))
    case .text(let text): return "'\(text.prefix(40))'"
    case .list: return "a list"
    case .object: return "an object"
    }
  }
}
