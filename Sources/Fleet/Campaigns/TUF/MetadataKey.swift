import Crypto
import Foundation

/// A public key as metadata list it.
package struct MetadataKey: Sendable, Hashable {
  /// 32 bytes of Ed25519.
  package let bytes: [UInt8]

  package init(bytes: [UInt8]) { self.bytes = bytes }

  /// - Returns: nil for a key of another kind: its signatures do not count.
  init?(_ value: CanonicalValue) {
    guard case .object(let members) = value, members["keytype"] == "ed25519",
      members["scheme"] == "ed25519", case .object(let parts)? = members["keyval"],
      case .string(let text)? = parts["public"], let bytes = Hex.bytes(text), bytes.count == 32
    else { return nil }
    self.bytes = bytes
  }

  var value: CanonicalValue {
    [
      "keytype": "ed25519", "scheme": "ed25519",
      "keyval": ["public": .string(Hex.text(bytes))],
    ]
  }

  /// SHA-256 of its canonical form (TUF 4.2), 64 lower-case hex digits.
  package var id: String { ContentHash.of(value.canonical) }

  /// Whether a signature is the key's over these bytes.
  func verifies(_ signature: [UInt8], over bytes: [UInt8]) -> Bool {
    guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: self.bytes) else {
      return false
    }
    return key.isValidSignature(signature, for: bytes)
  }
}

/// A private key.
package struct SigningKey: Sendable {
  private let key: Curve25519.Signing.PrivateKey

  /// A new one.
  package init() { key = Curve25519.Signing.PrivateKey() }

  /// Nil for a seed that is not 32 bytes.
  package init?(seed: [UInt8]) {
    guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed) else { return nil }
    self.key = key
  }

  /// 32 bytes that are the whole secret.
  package var seed: [UInt8] { Array(key.rawRepresentation) }

  package var publicKey: MetadataKey { MetadataKey(bytes: Array(key.publicKey.rawRepresentation)) }

  func signature(over bytes: [UInt8]) throws -> [UInt8] { Array(try key.signature(for: bytes)) }
}
