import Foundation

/// Whose bundles are taken: a public Ed25519 key. With one, a bundle without its signature is refused.
public struct BundleKey: Sendable {
  /// The signature's file: 64 bytes.
  public static let signatureName = "manifest.sig"

  private let verifier: Ed25519

  /// Reads a key in PEM, as `openssl pkey -pubout` writes it; `name` is the file's, for the message.
  ///
  /// Throws `QAError` for any other text, which must not leave bundles unchecked.
  public init(pem: String, name: String) throws {
    let text = pem.trimmingCharacters(in: .whitespacesAndNewlines)
    let (begin, end) = ("-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----")
    let inner = text.dropFirst(begin.count).dropLast(end.count)
    let isPEM = text.hasPrefix(begin) && text.hasSuffix(end)
    let lines = inner.split(whereSeparator: \.isNewline).joined()
    guard isPEM, let der = Data(base64Encoded: lines), der.starts(with: Self.header),
      let verifier = Ed25519(Data(der.dropFirst(Self.header.count)))
    else {
      throw QAError(
        "\(name) is no public Ed25519 key in PEM; make one: "
          + "openssl pkey -in key.pem -pubout -out public.pem")
    }
    self.verifier = verifier
  }

  /// Checks the signature of a manifest, which holds the hash of every other file.
  ///
  /// `signature` is the content of `manifest.sig`, nil where there is none; `place` is the bundle, for
  /// the message. Throws `QAError` for a manifest that this key did not sign.
  public func check(_ manifest: Data, signature: Data?, place: String) throws {
    guard let signature else {
      throw QAError(
        "\(place) is not signed: it has no \(Self.signatureName); export it with --sign KEY.pem")
    }
    guard verifier.verifies(signature, of: manifest) else {
      throw QAError(
        "\(place)/\(Self.signatureName) is not the signature of \(ModelBundle.manifestName) by this "
          + "key; the bundle was changed after it was signed, or another key signed it")
    }
  }

  /// What stands before the 32 bytes of every Ed25519 key in DER (RFC 8410): its kind, and lengths.
  private static let header: [UInt8] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
  ]
}
