import Crypto
import KernelTypes

/// SHA-256 in hexadecimal.
enum Digest {
  static func hex(of bytes: [UInt8]) -> String { SHA256.hash(data: bytes).hexadecimal }
}
