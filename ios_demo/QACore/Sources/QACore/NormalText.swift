/// Text as BERT reads it, each scalar with the place of the code point that it came from.
struct NormalText {
  private(set) var scalars: [Unicode.Scalar] = []
  private var places: [Int] = []

  init(_ text: String, lowercase: Bool, stripAccents: Bool) {
    let length = text.utf8.count
    scalars.reserveCapacity(length)
    places.reserveCapacity(length)
    var marks = Marks()
    for (place, scalar) in text.unicodeScalars.enumerated() {
      if scalar.isASCII {
        guard let kept = Self.clean(ascii: scalar, lowercase: lowercase) else { continue }
        if stripAccents { release(&marks, lowercase) }
        append(kept, place)
      } else if ScalarRules.isDropped(scalar) {
        continue
      } else if scalar.properties.isWhitespace {
        if stripAccents { release(&marks, lowercase) }
        append(" ", place)
      } else {
        let isIdeograph = ScalarRules.isIdeograph(scalar.value)
        if isIdeograph {
          release(&marks, lowercase)
          append(" ", place)
        }
        if stripAccents {
          decompose(scalar, place, &marks, lowercase)
        } else {
          appendCased(scalar, place, lowercase)
        }
        if isIdeograph {
          release(&marks, lowercase)
          append(" ", place)
        }
      }
    }
    release(&marks, lowercase)
  }

  /// The span in the original text of a part of this one.
  func span(_ part: Range<Int>) -> Range<Int> {
    places[part.lowerBound]..<places[part.upperBound - 1] + 1
  }

  private static func clean(ascii scalar: Unicode.Scalar, lowercase: Bool) -> Unicode.Scalar? {
    switch scalar.value {
    case 0x09, 0x0A, 0x0D: return " "
    case 0..<0x20, 0x7F: return nil
    case 0x41...0x5A where lowercase: return Unicode.Scalar(scalar.value + 0x20)
    default: return scalar
    }
  }

  /// Scalars that combine, waiting for their canonical order. The places do not move with them:
  /// the reference too puts the sorted scalars on the places in order of the text.
  private struct Marks {
    var waiting: [(order: UInt8, scalar: Unicode.Scalar, isFirst: Bool)] = []
    var places: [Int] = []
    var lastPlace = 0
  }

  private mutating func decompose(
    _ scalar: Unicode.Scalar, _ place: Int, _ marks: inout Marks, _ lowercase: Bool
  ) {
    for (number, part) in ScalarRules.decomposition(scalar).enumerated() {
      let order = ScalarRules.combiningClass(part)
      if order == 0 {
        release(&marks, lowercase)
        marks.lastPlace = place
        if !ScalarRules.isMark(part) { appendCased(part, place, lowercase) }
      } else {
        marks.waiting.append((order, part, number == 0))
        if number == 0 { marks.places.append(place) }
      }
    }
  }

  private mutating func release(_ marks: inout Marks, _ lowercase: Bool) {
    if marks.waiting.isEmpty { return }
    // Sorted by class and place in the text: Swift does not promise a stable sort.
    let sorted = marks.waiting.enumerated().sorted {
      ($0.element.order, $0.offset) < ($1.element.order, $1.offset)
    }
    var next = marks.places.makeIterator()
    for (_, mark) in sorted {
      if mark.isFirst, let place = next.next() { marks.lastPlace = place }
      if !ScalarRules.isMark(mark.scalar) { appendCased(mark.scalar, marks.lastPlace, lowercase) }
    }
    marks.waiting.removeAll(keepingCapacity: true)
    marks.places.removeAll(keepingCapacity: true)
  }

  private mutating func appendCased(_ scalar: Unicode.Scalar, _ place: Int, _ lowercase: Bool) {
    if lowercase {
      for lower in ScalarRules.lowercase(scalar) { append(lower, place) }
    } else {
      append(scalar, place)
    }
  }

  private mutating func append(_ scalar: Unicode.Scalar, _ place: Int) {
    scalars.append(scalar)
    places.append(place)
  }
}
