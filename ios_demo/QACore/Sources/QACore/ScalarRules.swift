import Foundation

/// What BERT's tokenizer knows about single Unicode scalars.
///
/// The reference reads categories from tables of Unicode 8, decompositions from newer ones and
/// lower case from the newest. Swift's tables grow with the system, so a scalar counts only where
/// the reference's table already had it; the few that changed since then are named here.
enum ScalarRules {
  /// A control, format or private character, U+0000 or the replacement character.
  static func isDropped(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x0A, 0x0D: return false
    case 0xFFFD: return true
    default: break
    }
    switch scalar.properties.generalCategory {
    case .control, .privateUse: return true
    case .format: return isOld(scalar)
    default: return false
    }
  }

  /// An ideograph that becomes a word of its own. The gap before U+2B920 is the reference's.
  static func isIdeograph(_ value: UInt32) -> Bool {
    switch value {
    case 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0x20000...0x2A6DF,
      0x2A700...0x2B81F, 0x2B920...0x2CEAF, 0x2F800...0x2FA1F:
      return true
    default: return false
    }
  }

  /// A combining mark without width, which goes with the accents.
  static func isMark(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x1734: return true  // Mc since Unicode 14
    case 0x1885, 0x1886, 0xA9BD, 0x111C9: return false  // Mn only since Unicode 9 to 12
    default: return scalar.properties.generalCategory == .nonspacingMark && isOld(scalar)
    }
  }

  /// A sign that is a word of its own: Unicode's punctuation and all 32 signs of ASCII.
  static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: return true
    case 0..<0x80: return false
    case 0x166D, 0x111C9: return true  // So since Unicode 12, Mn since Unicode 11
    default: break
    }
    switch scalar.properties.generalCategory {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
      .initialPunctuation, .finalPunctuation, .otherPunctuation:
      return isOld(scalar)
    default: return false
    }
  }

  /// The scalars of the canonical decomposition; the scalar itself where it has none.
  static func decomposition(_ scalar: Unicode.Scalar) -> [Unicode.Scalar] {
    guard isAtMost(scalar, decompositionVersion) else { return [scalar] }
    return Array(String(scalar).decomposedStringWithCanonicalMapping.unicodeScalars)
  }

  /// The canonical combining class: 0 for whatever begins a new character.
  static func combiningClass(_ scalar: Unicode.Scalar) -> UInt8 {
    guard scalar.value >= 0x300, isAtMost(scalar, decompositionVersion) else { return 0 }
    return scalar.properties.canonicalCombiningClass.rawValue
  }

  /// Lower case without a locale and without context: a final sigma is a sigma.
  static func lowercase(_ scalar: Unicode.Scalar) -> [Unicode.Scalar] {
    if let known = lowercaseOfNewScalars(scalar.value) { return [known] }
    return Array(scalar.properties.lowercaseMapping.unicodeScalars)
  }

  private static let decompositionVersion = 9

  /// Assigned in Unicode 8 or before.
  private static func isOld(_ scalar: Unicode.Scalar) -> Bool { isAtMost(scalar, 8) }

  private static func isAtMost(_ scalar: Unicode.Scalar, _ version: Int) -> Bool {
    guard let age = scalar.properties.age else { return false }
    return age.major <= version
  }

  /// Case pairs of Unicode 16 and 17, which systems older than those do not know.
  private static func lowercaseOfNewScalars(_ value: UInt32) -> Unicode.Scalar? {
    switch value {
    case 0x1C89, 0xA7CC, 0xA7CE, 0xA7D2, 0xA7D4, 0xA7DA: return Unicode.Scalar(value + 1)
    case 0xA7CB: return "\u{264}"
    case 0xA7DC: return "\u{19B}"
    case 0x10D50...0x10D65: return Unicode.Scalar(value + 0x20)
    case 0x16EA0...0x16EB8: return Unicode.Scalar(value + 0x1B)
    default: return nil
    }
  }
}
