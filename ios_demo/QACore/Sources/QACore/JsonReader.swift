/// Reads one JSON value as the type that is expected there; every fault says where it is.
struct JsonReader {
  let value: Json
  let place: String

  /// The fields of an object, which must have these names and no others.
  func fields(_ names: [String]) throws -> (String) -> JsonReader {
    let found = try object()
    let missing = names.filter { found[$0] == nil }.map { "lacks '\($0)'" }
    let unknown = found.keys.filter { !names.contains($0) }.sorted().map { "has '\($0)'" }
    if !(missing + unknown).isEmpty {
      throw QAError(
        "\(place) \((missing + unknown).joined(separator: " and ")); "
          + "expected fields: \(names.joined(separator: ", "))")
    }
    return { JsonReader(value: found[$0] ?? .null, place: "\(place).\($0)") }
  }

  func map<T>(_ read: (JsonReader) throws -> T) throws -> [String: T] {
    var result: [String: T] = [:]
    for (name, item) in try object() {
      result[name] = try read(JsonReader(value: item, place: "\(place).\(name)"))
    }
    return result
  }

  func list<T>(_ read: (JsonReader) throws -> T) throws -> [T] {
    guard case .list(let items) = value else { throw unexpected("a list") }
    return try items.enumerated().map {
      try read(JsonReader(value: $0.element, place: "\(place)[\($0.offset)]"))
    }
  }

  func optional<T>(_ read: (JsonReader) throws -> T) throws -> T? {
    if case .null = value { return nil }
    return try read(self)
  }

  func text() throws -> String {
    guard case .text(let text) = value else { throw unexpected("a text") }
    return text
  }

  func bool() throws -> Bool {
    guard case .bool(let bool) = value else { throw unexpected("true or false") }
    return bool
  }

  func int() throws -> Int {
    guard case .whole(let written) = value else { throw unexpected("a whole number") }
    guard let number = Int(written) else { throw unexpected("a number of at most 64 bits") }
    return number
  }

  func double() throws -> Double {
    switch value {
    case .whole(let written), .fraction(let written):
      if let number = Double(written), number.isFinite { return number }
    default: break
    }
    throw unexpected("a number")
  }

  private func object() throws -> [String: Json] {
    guard case .object(let found) = value else { throw unexpected("an object") }
    return found
  }

  private func unexpected(_ wanted: String) -> QAError {
    QAError("\(place) must be \(wanted), found \(value.shown)")
  }
}
