import Crypto
import Foundation

/// SHA-256 in hexadecimal.
enum Digest {
  static func hex(of bytes: [UInt8]) -> String {
    SHA256.hash(data: bytes).map { byte in
      let digits = String(byte, radix: 16)
      return digits.count == 1 ? "0\(digits)" : digits
    }.joined()
  }
}
