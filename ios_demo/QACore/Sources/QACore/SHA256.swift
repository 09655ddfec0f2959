import Foundation

#if canImport(CryptoKit)
  import CryptoKit
#endif

/// SHA-256 in hexadecimal, by the system where it has it and by FIPS 180-4 elsewhere.
func sha256(_ data: Data) -> String {
  #if canImport(CryptoKit)
    return hexadecimal(SHA256.hash(data: data))
  #else
    return hexadecimal(PortableSHA256.hash(data))
  #endif
}

private func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
  let digits = Array("0123456789abcdef".utf8)
  return String(
    decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}

enum PortableSHA256 {
  static func hash(_ data: Data) -> [UInt8] {
    var state: [UInt32] = [
      0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a,
      0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
    ]
    let whole = data.count / 64 * 64
    data.withUnsafeBytes { bytes in
      for block in stride(from: 0, to: whole, by: 64) { update(&state, bytes, at: block) }
    }
    // The rest, a 1 bit, zeros, and the length in bits as the last eight bytes of a block.
    var rest = Array(data.suffix(data.count - whole)) + [0x80]
    while rest.count % 64 != 56 { rest.append(0) }
    rest += bigEndian(UInt64(data.count) * 8)
    rest.withUnsafeBytes { bytes in
      for block in stride(from: 0, to: bytes.count, by: 64) { update(&state, bytes, at: block) }
    }
    return state.flatMap(bigEndian)
  }

  private static func bigEndian<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian, Array.init)
  }

  private static func update(
    _ state: inout [UInt32], _ bytes: UnsafeRawBufferPointer, at block: Int
  ) {
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { words in
      for i in 0..<16 {
        words[i] = UInt32(
          bigEndian: bytes.loadUnaligned(fromByteOffset: block + 4 * i, as: UInt32.self))
      }
      for i in 16..<64 {
        let (early, late) = (words[i - 15], words[i - 2])
        let low = turned(early, 7) ^ turned(early, 18) ^ (early >> 3)
        let high = turned(late, 17) ^ turned(late, 19) ^ (late >> 10)
        words[i] = words[i - 16] &+ low &+ words[i - 7] &+ high
      }
      var (a, b, c, d) = (state[0], state[1], state[2], state[3])
      var (e, f, g, h) = (state[4], state[5], state[6], state[7])
      constants.withUnsafeBufferPointer { constants in
        for i in 0..<64 {
          let mixed = turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)
          let first = h &+ mixed &+ ((e & f) ^ (~e & g)) &+ constants[i] &+ words[i]
          let second =
            (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) &+ ((a & b) ^ (a & c) ^ (b & c))
          (h, g, f, e, d, c, b, a) = (g, f, e, d &+ first, c, b, a, first &+ second)
        }
      }
      for (i, value) in [a, b, c, d, e, f, g, h].enumerated() { state[i] = state[i] &+ value }
    }
  }

  private static func turned(_ word: UInt32, _ bits: UInt32) -> UInt32 {
    (word >> bits) | (word << (32 - bits))
  }

  /// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
  private static let constants: [UInt32] = {
    let primes = (2...311).filter { n in !(2..<n).contains { n % $0 == 0 } }
    return primes.map { prime in
      // The cube root with 32 binary places in whole numbers: the largest n with n^3 <= prime << 96.
      var root: UInt64 = 0
      for bit in (0..<35).reversed() {
        let trial = root | 1 << UInt64(bit)
        if cubeIsAtMost(trial, UInt64(prime)) { root = trial }
      }
      return UInt32(truncatingIfNeeded: root)
    }
  }()

  /// `n` cubed <= `prime` << 96, for n below 2^35.
  private static func cubeIsAtMost(_ n: UInt64, _ prime: UInt64) -> Bool {
    let square = n.multipliedFullWidth(by: n)  // below 2^70
    let low = square.low.multipliedFullWidth(by: n)
    let (middle, carried) = low.high.addingReportingOverflow(square.high &* n)
    if carried { return false }
    // The cube is middle << 64 + low.low.
    let limit = prime << 32
    return middle < limit || (middle == limit && low.low == 0)
  }
}
