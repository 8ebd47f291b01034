/// The words of the adb server's protocol as bytes: a request is its length in four
/// hex digits and its text, an answer begins with `OKAY` or `FAIL`.
package enum SmartSocket {
  /// Longest request that the four digits can express, bytes.
  package static let longestRequest = 0xffff

  /// - Throws: ``ADBError/malformed(service:detail:)`` when the text is too long.
  package static func request(_ text: String) throws(ADBError) -> [UInt8] {
    let bytes = Array(text.utf8)
    if bytes.count > longestRequest {
      throw .malformed(
        service: String(text.prefix(40)),
        detail: "a request of \(bytes.count) bytes; the protocol allows \(longestRequest)")
    }
    return length(bytes.count) + bytes
  }

  /// Four lower-case hex digits.
  static func length(_ count: Int) -> [UInt8] {
    let digits = String(count, radix: 16)
    return Array((String(repeating: "0", count: 4 - digits.count) + digits).utf8)
  }

  /// - Returns: nil unless `bytes` are four hex digits, of either case.
  static func parseLength(_ bytes: [UInt8]) -> Int? {
    let isHex = bytes.allSatisfy {
      switch $0 {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
        UInt8(ascii: "A")...UInt8(ascii: "F"):
        true
      default: false
      }
    }
    return bytes.count == 4 && isHex ? Int(String(decoding: bytes, as: UTF8.self), radix: 16) : nil
  }
}
