/// Text as BERT reads it, each scalar with the place of the code point that it came from.
struct NormalText {
  private(set) var scalars: [Unicode.Scalar] = []
  /// For each scalar whether a word ends before it: a space, or a sign that is a word of its own.
  private(set) var isBreak: [Bool] = []
  private var places: [Int32] = []

  private let lowercase: Bool
  private let stripAccents: Bool
  private var readings: [Unicode.Scalar: Reading] = [:]
  private var marks = Marks()

  init(_ text: String, lowercase: Bool, stripAccents: Bool) {
    self.lowercase = lowercase
    self.stripAccents = stripAccents
    let length = text.utf8.count
    scalars.reserveCapacity(length)
    isBreak.reserveCapacity(length)
    places.reserveCapacity(length)
    var place: Int32 = 0
    for scalar in text.unicodeScalars {
      if scalar.isASCII { readASCII(scalar, place) } else { read(scalar, place) }
      place += 1
    }
    releaseMarks()
  }

  /// The span in the original text of a part of this one.
  func span(_ part: Range<Int>) -> Range<Int> {
    Int(places[part.lowerBound])..<Int(places[part.upperBound - 1]) + 1
  }

  /// What becomes of one code point of the original text.
  private enum Reading {
    case dropped
    case space
    case parts([Part], isIdeograph: Bool)
  }

  /// A scalar of a decomposition, or the whole of a scalar that is not decomposed.
  private struct Part {
    /// Canonical combining class.
    let order: UInt8
    /// In the case asked for; none for a mark that goes.
    let letters: [(scalar: Unicode.Scalar, isBreak: Bool)]
  }

  private mutating func readASCII(_ scalar: Unicode.Scalar, _ place: Int32) {
    switch scalar.value {
    case 0x09, 0x0A, 0x0D, 0x20: append(" ", isBreak: true, place)
    case 0..<0x20, 0x7F: return
    case 0x41...0x5A:
      append(
        lowercase ? Unicode.Scalar(UInt8(scalar.value) + 0x20) : scalar, isBreak: false, place)
    default: append(scalar, isBreak: ScalarRules.isPunctuation(scalar), place)
    }
  }

  private mutating func read(_ scalar: Unicode.Scalar, _ place: Int32) {
    // A text repeats its letters: looking up the properties of each but once is what makes it fast.
    let reading: Reading
    if let known = readings[scalar] {
      reading = known
    } else {
      reading = Self.reading(scalar, lowercase: lowercase, stripAccents: stripAccents)
      readings[scalar] = reading
    }
    switch reading {
    case .dropped: return
    case .space: append(" ", isBreak: true, place)
    case .parts(let parts, let isIdeograph):
      if isIdeograph { append(" ", isBreak: true, place) }
      for (number, part) in parts.enumerated() { take(part, isFirst: number == 0, place) }
      if isIdeograph { append(" ", isBreak: true, place) }
    }
  }

  private static func reading(
    _ scalar: Unicode.Scalar, lowercase: Bool, stripAccents: Bool
  ) -> Reading {
    if ScalarRules.isDropped(scalar) { return .dropped }
    if scalar.properties.isWhitespace { return .space }
    let parts = (stripAccents ? ScalarRules.decomposition(scalar) : [scalar]).map { part in
      let isRemoved = stripAccents && ScalarRules.isMark(part)
      let cased = isRemoved ? [] : lowercase ? ScalarRules.lowercase(part) : [part]
      return Part(
        order: stripAccents ? ScalarRules.combiningClass(part) : 0,
        letters: cased.map { ($0, ScalarRules.isPunctuation($0)) })
    }
    return .parts(parts, isIdeograph: ScalarRules.isIdeograph(scalar.value))
  }

  /// Parts that combine, waiting for their canonical order. The places do not move with them: the
  /// reference too puts the sorted parts on the places in order of the text.
  private struct Marks {
    var waiting: [(part: Part, isFirst: Bool)] = []
    var places: [Int32] = []
    var lastPlace: Int32 = 0
  }

  private mutating func take(_ part: Part, isFirst: Bool, _ place: Int32) {
    if part.order == 0 {
      releaseMarks()
      marks.lastPlace = place
      appendLetters(part, place)
    } else {
      marks.waiting.append((part, isFirst))
      if isFirst { marks.places.append(place) }
    }
  }

  private mutating func releaseMarks() {
    if marks.waiting.isEmpty { return }
    let (waiting, places) = (marks.waiting, marks.places)
    marks.waiting.removeAll(keepingCapacity: true)
    marks.places.removeAll(keepingCapacity: true)
    // By class and order in the text: Swift does not promise a stable sort.
    let sorted = waiting.indices.sorted {
      (waiting[$0].part.order, $0) < (waiting[$1].part.order, $1)
    }
    var next = places.makeIterator()
    for index in sorted {
      if waiting[index].isFirst, let place = next.next() { marks.lastPlace = place }
      appendLetters(waiting[index].part, marks.lastPlace)
    }
  }

  private mutating func appendLetters(_ part: Part, _ place: Int32) {
    for letter in part.letters { store(letter.scalar, letter.isBreak, place) }
  }

  private mutating func append(_ scalar: Unicode.Scalar, isBreak: Bool, _ place: Int32) {
    releaseMarks()
    store(scalar, isBreak, place)
  }

  private mutating func store(_ scalar: Unicode.Scalar, _ isBreak: Bool, _ place: Int32) {
    scalars.append(scalar)
    self.isBreak.append(isBreak)
    places.append(place)
  }
}
