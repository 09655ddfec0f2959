import Foundation

/// Verifies Ed25519 signatures (RFC 8032, section 5.1), the same on every system.
///
/// It sees public values only, so that nothing can be learned from the time it takes. As OpenSSL, it
/// is strict: S must be below the group's order, R is compared byte by byte, and there is no cofactor.
struct Ed25519: Sendable {
  static let size = 32
  private let written: Data
  private let key: EdwardsPoint

  /// Takes the 32 bytes of a public key; nil where they are no point of the curve.
  init?(_ key: Data) {
    guard key.count == Self.size else { return nil }
    var y = limbs(key)
    let isOdd = y[7] >> 31 == 1
    y[7] &= 0x7fff_ffff
    guard let point = EdwardsPoint(y: y, isOdd: isOdd) else { return nil }
    (written, self.key) = (key, point)
  }

  func verifies(_ signature: Data, of message: Data) -> Bool {
    guard signature.count == 2 * Self.size else { return false }
    let s = limbs(signature.suffix(Self.size))
    guard isLess(s, Self.order) else { return false }
    let r = signature.prefix(Self.size)
    let digest = SHA512.hash(r + written + message)
    let point = Self.sum(s, .base, Self.remainder(digest), -key)
    return point.bytes == Array(r)
  }

  /// `a` times one point plus `b` times another, both in one pass over the bits.
  private static func sum(
    _ a: [UInt32], _ one: EdwardsPoint, _ b: [UInt32], _ other: EdwardsPoint
  ) -> EdwardsPoint {
    let both = one + other
    var found = EdwardsPoint.zero
    for place in (0..<256).reversed() {
      found = found + found
      switch (bit(a, place), bit(b, place)) {
      case (true, true): found = found + both
      case (true, false): found = found + one
      case (false, true): found = found + other
      case (false, false): break
      }
    }
    return found
  }

  /// 2^252 + 27742317777372353535851937790883648493.
  private static let order: [UInt32] = [
    0x5cf5_d3ed, 0x5812_631a, 0xa2f7_9cd6, 0x14de_f9de, 0, 0, 0, 0x1000_0000,
  ]

  /// A number of 512 bits, the lowest byte first, modulo the order: bit by bit, from above.
  private static func remainder(_ bytes: [UInt8]) -> [UInt32] {
    var rest = [UInt32](repeating: 0, count: 8)
    for byte in bytes.reversed() {
      for place in (0..<8).reversed() {
        var carry = UInt32(byte >> UInt8(place) & 1)
        for i in 0..<8 { (rest[i], carry) = (rest[i] << 1 | carry, rest[i] >> 31) }
        if !isLess(rest, order) { subtract(order, from: &rest) }
      }
    }
    return rest
  }

  private static func subtract(_ other: [UInt32], from rest: inout [UInt32]) {
    var borrow: UInt32 = 0
    for i in 0..<8 {
      let (once, below) = rest[i].subtractingReportingOverflow(other[i])
      let (twice, belowAgain) = once.subtractingReportingOverflow(borrow)
      rest[i] = twice
      borrow = below || belowAgain ? 1 : 0
    }
  }
}

/// A point of -x^2 + y^2 = 1 + d x^2 y^2: x = X/Z and y = Y/Z, with T = XY/Z (section 5.1.4).
struct EdwardsPoint: Sendable {
  private let x, y, z, t: FieldNumber

  static let zero = EdwardsPoint(x: .zero, y: .one, z: .one, t: .zero)
  static let base: EdwardsPoint = {
    let y = FieldNumber(4) * FieldNumber(5).inverse
    guard let point = EdwardsPoint(y: y.reduced, isOdd: false) else { fatalError("no base point") }
    return point
  }()
  private static let d = FieldNumber.zero - FieldNumber(121665) * FieldNumber(121666).inverse
  private static let twiceD = d + d

  private init(x: FieldNumber, y: FieldNumber, z: FieldNumber, t: FieldNumber) {
    (self.x, self.y, self.z, self.t) = (x, y, z, t)
  }

  /// The point with this y (section 5.1.3); nil where there is none, or y is not below the prime.
  init?(y written: [UInt32], isOdd: Bool) {
    let y = FieldNumber(written)
    guard y.reduced == written else { return nil }
    let square = (y * y - .one) * (Self.d * y * y + .one).inverse
    var x = square.power(FieldNumber.rootExponent)
    if x * x != square { x = x * FieldNumber.rootOfMinusOne }
    guard x * x == square, !(isOdd && x == .zero) else { return nil }
    if x.isOdd != isOdd { x = .zero - x }
    self.init(x: x, y: y, z: .one, t: x * y)
  }

  static func + (one: Self, other: Self) -> Self {
    let a = (one.y - one.x) * (other.y - other.x)
    let b = (one.y + one.x) * (other.y + other.x)
    let c = one.t * twiceD * other.t
    let d = (one.z + one.z) * other.z
    let (e, f, g, h) = (b - a, d - c, d + c, b + a)
    return Self(x: e * f, y: g * h, z: f * g, t: e * h)
  }

  static prefix func - (point: Self) -> Self {
    Self(x: .zero - point.x, y: point.y, z: point.z, t: .zero - point.t)
  }

  /// y in 32 bytes, the lowest first, with the lowest bit of x on top (section 5.1.2).
  var bytes: [UInt8] {
    let inverse = z.inverse
    var value = (y * inverse).reduced
    if (x * inverse).isOdd { value[7] |= 1 << 31 }
    return value.flatMap { limb in withUnsafeBytes(of: limb.littleEndian, Array.init) }
  }
}

/// A number modulo 2^255 - 19, kept below 2^256: eight limbs of 32 bits, the lowest first.
struct FieldNumber: Sendable, Equatable {
  private let limbs: [UInt32]

  static let zero = FieldNumber(0)
  static let one = FieldNumber(1)
  /// An eighth of the prime plus 3.
  static let rootExponent = ones(252, minus: 1)
  static let rootOfMinusOne = FieldNumber(2).power(ones(253, minus: 4))

  init(_ value: UInt32) { limbs = [value] + [UInt32](repeating: 0, count: 7) }

  init(_ limbs: [UInt32]) { self.limbs = limbs }

  /// 2^bits - 1 - `less`.
  private static func ones(_ bits: Int, minus less: UInt32) -> [UInt32] {
    var limbs = [UInt32](repeating: .max, count: 8)
    limbs[7] >>= UInt32(256 - bits)
    limbs[0] -= less
    return limbs
  }

  static func == (one: Self, other: Self) -> Bool { one.reduced == other.reduced }

  static func + (one: Self, other: Self) -> Self { sum([one.limbs, other.limbs]) }

  /// 2^256 is 38 here: minus b is 2^256 - 1 - b (all bits turned) and 37 less.
  static func - (one: Self, other: Self) -> Self {
    sum([one.limbs, other.limbs.map(~), ones(255, minus: 18 + 37)])
  }

  static func * (one: Self, other: Self) -> Self {
    var wide = [UInt32](repeating: 0, count: 16)
    for i in 0..<8 {
      var carry: UInt64 = 0
      for j in 0..<8 {
        let product = UInt64(one.limbs[i]) * UInt64(other.limbs[j])
        carry += product + UInt64(wide[i + j])
        wide[i + j] = UInt32(truncatingIfNeeded: carry)
        carry >>= 32
      }
      wide[i + 8] = UInt32(carry)
    }
    return sum([Array(wide[..<8])], and38Times: Array(wide[8...]))
  }

  private static func sum(_ terms: [[UInt32]], and38Times high: [UInt32]? = nil) -> Self {
    var found = [UInt32](repeating: 0, count: 8)
    var carry: UInt64 = 0
    for i in 0..<8 {
      for term in terms { carry += UInt64(term[i]) }
      if let high { carry += 38 * UInt64(high[i]) }
      found[i] = UInt32(truncatingIfNeeded: carry)
      carry >>= 32
    }
    while carry > 0 {
      carry *= 38
      for i in 0..<8 {
        carry += UInt64(found[i])
        found[i] = UInt32(truncatingIfNeeded: carry)
        carry >>= 32
      }
    }
    return Self(found)
  }

  func power(_ exponent: [UInt32]) -> Self {
    var found = Self.one
    for place in (0..<256).reversed() {
      found = found * found
      if bit(exponent, place) { found = found * self }
    }
    return found
  }

  /// The power to the prime less 2.
  var inverse: Self { power(Self.ones(255, minus: 18 + 2)) }

  var isOdd: Bool { reduced[0] & 1 == 1 }

  /// The limbs of the number from 0 to below the prime.
  var reduced: [UInt32] {
    var low = limbs
    low[7] &= 0x7fff_ffff
    // What is above bit 255 counts 19. Where 19 more would reach that bit, the prime is in the rest.
    let rest = Self.sum([low, Self(19 * (limbs[7] >> 31)).limbs]).limbs
    var lessPrime = Self.sum([rest, Self(19).limbs]).limbs
    if lessPrime[7] >> 31 == 0 { return rest }
    lessPrime[7] &= 0x7fff_ffff
    return lessPrime
  }
}

private func limbs(_ bytes: Data) -> [UInt32] {
  let all = Array(bytes)
  return (0..<8).map { i in
    (0..<4).reduce(0) { $0 | UInt32(all[4 * i + $1]) << UInt32(8 * $1) }
  }
}

private func bit(_ limbs: [UInt32], _ place: Int) -> Bool {
  limbs[place / 32] >> UInt32(place % 32) & 1 == 1
}

private func isLess(_ one: [UInt32], _ other: [UInt32]) -> Bool {
  for i in (0..<8).reversed() where one[i] != other[i] { return one[i] < other[i] }
  return false
}
