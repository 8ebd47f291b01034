import Crypto
import Foundation
import KernelTypes

extension ProbeBundle {
  /// Names the programs that go to the device: 16 hex digits, other for any other bytes.
  package var payloadHash: String {
    let digest = SHA256.hash(data: Data((agent.hash + loadHelper.hash).utf8))
    return String(digest.hexadecimal.prefix(16))
  }
}
