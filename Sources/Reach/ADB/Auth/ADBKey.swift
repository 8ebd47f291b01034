import Crypto
import CryptoExtras
import Foundation

/// An RSA key of 2048 bits, by which a device knows this computer.
///
/// Formats: AOSP `client/auth.cpp`, `system/core/libcrypto_utils/android_pubkey.cpp`.
package struct ADBKey: Sendable {
  private typealias PrivateKey = _RSA.BlindSigning.PrivateKey<SHA384>

  private let key: PrivateKey
  private let file: String
  private let comment: String

  /// Bytes of the modulus.
  private static let size = 256

  /// Reads a private key.
  /// - Parameters:
  ///   - pem: PKCS#8 as adb writes it today, or PKCS#1 as it once did.
  ///   - file: for messages.
  ///   - comment: usually `user@host`.
  /// - Throws: ``ADBError/badKey(file:detail:)``.
  package init(pem: String, file: String, comment: String) throws(ADBError) {
    guard !pem.contains("BEGIN OPENSSH PRIVATE KEY") else {
      throw .badKey(file: file, detail: "a key of ssh-keygen, which adb cannot use")
    }
    self.file = file
    self.comment = comment
    do {
      key = try PrivateKey(pemRepresentation: pem)
    } catch {
      throw .badKey(file: file, detail: "no RSA private key in PEM (\(error))")
    }
    guard key.keySizeInBits == Self.size * 8 else {
      throw .badKey(file: file, detail: "\(key.keySizeInBits) bits; adb wants \(Self.size * 8)")
    }
  }

  /// Makes a new key.
  /// - Returns: the key and its PKCS#8 PEM text.
  /// - Throws: ``ADBError/badKey(file:detail:)``.
  package static func generate(
    file: String, comment: String
  ) throws(ADBError) -> (key: ADBKey, pem: String) {
    do {
      let pem = try _RSA.Signing.PrivateKey(keySize: .bits2048).pkcs8PEMRepresentation + "\n"
      return (try ADBKey(pem: pem, file: file, comment: comment), pem)
    } catch let error as ADBError {
      throw error
    } catch {
      throw .badKey(file: file, detail: "a key cannot be made: \(error)")
    }
  }

  /// RSASSA-PKCS1-v1_5 over a token that takes the place of a SHA-1 digest: the device's 20 bytes.
  /// - Returns: 256 bytes.
  /// - Throws: ``ADBError/malformed(service:detail:)``, ``ADBError/badKey(file:detail:)``.
  func signature(of token: [UInt8]) throws(ADBError) -> [UInt8] {
    guard token.count == 20 else {
      throw .malformed(service: "adb", detail: "a token of \(token.count) bytes instead of 20")
    }
    // RFC 8017, 9.2: 00 01 FF... 00, the DigestInfo of SHA-1, the digest.
    let info: [UInt8] = [
      0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14,
    ]
    let filler = [UInt8](repeating: 0xff, count: Self.size - 3 - info.count - token.count)
    do {
      // The library signs no digest of the caller's, but a blind signature is the bare RSA step.
      let block = [0x00, 0x01] + filler + [0x00] + info + token
      return Array(try key.blindSignature(for: block).rawRepresentation)
    } catch {
      throw .badKey(file: file, detail: "it does not sign: \(error)")
    }
  }

  /// The line that stands in a device's `adb_keys`: the key in adb's own layout in base64, and a
  /// comment.
  /// - Returns: the line without a newline.
  /// - Throws: ``ADBError/badKey(file:detail:)``.
  package func publicLine() throws(ADBError) -> String {
    guard let numbers = try? key.publicKey.getKeyPrimitives() else {
      throw .badKey(file: file, detail: "its numbers cannot be read")
    }
    // The 524 bytes of `android_pubkey`: words, n0inv, n, rr, exponent.
    let modulus = Array(numbers.modulus.drop { $0 == 0 }.reversed())
    let number = BigNumber(littleEndian: modulus)
    var blob = LittleEndian.bytes(UInt32(Self.size / 4))
    blob += LittleEndian.bytes(number.negativeInverse)
    blob += modulus
    blob += number.montgomerySquare.littleEndian
    let exponent = numbers.publicExponent.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    blob += LittleEndian.bytes(exponent)
    return Data(blob).base64EncodedString() + " " + comment
  }
}
