import Foundation
import XCTest

@testable import QACore

#if canImport(CryptoKit)
  import CryptoKit
#endif

/// The signatures that Python, Kotlin and Swift share, described in `tests/golden/README.md`.
final class SignatureTests: XCTestCase {
  func testEverySignatureIsTakenOrRefused() throws {
    let file = try Files.goldenCases("signatures.json")
    let keys = try file["keys"].map { try BundleKey(pem: $0.text(), name: $0.place) }
    let cases = try file["cases"].list { $0 }
    XCTAssertGreaterThan(cases.count, 30)
    for stored in cases {
      let name = try stored["name"].text()
      let place = FileManager.default.temporaryDirectory
        .appendingPathComponent("bundle-\(UUID().uuidString)")
      defer { try? FileManager.default.removeItem(at: place) }
      let files = Files.golden.appendingPathComponent("manifests/files")
      try FileManager.default.copyItem(at: files, to: place)
      try FileManager.default.copyItem(
        at: Files.golden.appendingPathComponent(stored["manifest"].text()),
        to: place.appendingPathComponent("manifest.json"))
      if let signature = try stored["signature"].optional({ try $0.text() }) {
        try bytes(signature).write(to: place.appendingPathComponent("manifest.sig"))
      }
      let key = try stored["key"].optional { try XCTUnwrap(keys[$0.text()]) }
      if try stored["refused"].optional({ try $0.text() }) == nil {
        XCTAssertEqual(try ModelBundle(folder: place, key: key).isSigned, key != nil, name)
      } else {
        let words = try stored["mentions"].list { try $0.text() }
        XCTAssertThrowsError(try ModelBundle(folder: place, key: key), name) { error in
          XCTAssertTrue(words.allSatisfy("\(error)".contains), "\(name): \(error)")
        }
      }
    }
  }

  func testTheExamplesOfTheStandardAndOthers() throws {
    let vectors = try Files.goldenCases("signatures.json")["vectors"].list { $0 }
    XCTAssertGreaterThan(vectors.count, 30)
    for stored in vectors {
      let name = try stored["name"].text()
      let key = try bytes(stored["public_key"].text())
      let message = try bytes(stored["message"].text())
      let signature = try bytes(stored["signature"].text())
      let isValid = Ed25519(key)?.verifies(signature, of: message) ?? false
      XCTAssertEqual(isValid, try stored["valid"].bool(), name)
      #if canImport(CryptoKit)
        let apple = try? Curve25519.Signing.PublicKey(rawRepresentation: key)
        XCTAssertEqual(apple?.isValidSignature(signature, for: message) ?? false, isValid, name)
      #endif
    }
  }

  func testATextThatIsNoKeyIsRefused() throws {
    for stored in try Files.goldenCases("signatures.json")["refused_keys"].list({ $0 }) {
      let name = try stored["name"].text()
      XCTAssertThrowsError(try BundleKey(pem: stored["pem"].text(), name: "key.pem"), name) {
        XCTAssertTrue("\($0)".contains("key.pem is no public Ed25519 key"), "\($0)")
      }
    }
  }

  func testAHashOfMillionsOfBytesIsTheStandardsToo() {
    // python -c "import hashlib; print(hashlib.sha512(b'a' * 1000000).hexdigest())"
    let expected =
      "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973eb"
      + "de0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b"
    let found = SHA512.hash(Data(repeating: 0x61, count: 1_000_000))
    XCTAssertEqual(found.map { String(format: "%02x", $0) }.joined(), expected)
  }

  func testAManifestIsVerifiedInUnderATenthOfASecond() throws {
    let vectors = try Files.goldenCases("signatures.json")["vectors"].list { $0 }
    let longest = try XCTUnwrap(vectors.first { try $0["name"].text() == "5000 bytes" })
    let verifier = try XCTUnwrap(Ed25519(bytes(longest["public_key"].text())))
    let signature = try bytes(longest["signature"].text())
    let message = try bytes(longest["message"].text())
    let clock = ContinuousClock()
    let least = (0..<5).map { _ in clock.measure { _ = verifier.verifies(signature, of: message) } }
      .min()
    print("a signature over 5000 bytes: \(least ?? .zero)")
    XCTAssertLessThan(try XCTUnwrap(least), .milliseconds(100))
  }

  private func bytes(_ hexadecimal: String) throws -> Data {
    let digits = Array(hexadecimal.utf8)
    return try Data(
      stride(from: 0, to: digits.count, by: 2).map {
        let pair = String(decoding: digits[$0..<$0 + 2], as: UTF8.self)
        return try XCTUnwrap(UInt8(pair, radix: 16))
      })
  }
}
