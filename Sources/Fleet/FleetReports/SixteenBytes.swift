/// A name of 16 bytes, which stand for nothing but themselves.
package protocol SixteenBytes: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The first eight bytes as a big-endian number.
  var high: UInt64 { get }
  /// The last eight.
  var low: UInt64 { get }

  init(high: UInt64, low: UInt64)
}

extension SixteenBytes {
  package static var byteCount: Int { 16 }

  /// Takes the first ``byteCount`` bytes; nil with fewer.
  package init?(_ bytes: some Sequence<UInt8>) {
    var words: (UInt64, UInt64) = (0, 0)
    var count = 0
    for byte in bytes.prefix(Self.byteCount) {
      words = (words.0 << 8 | words.1 >> 56, words.1 << 8 | UInt64(byte))
      count += 1
    }
    guard count == Self.byteCount else { return nil }
    self.init(high: words.0, low: words.1)
  }

  /// Reads 32 hexadecimal digits, lower case; nil for anything else.
  package init?(text: some StringProtocol) {
    guard text.utf8.count == 2 * Self.byteCount, let bytes = Hexadecimal.bytes(text) else {
      return nil
    }
    self.init(bytes)
  }

  package var bytes: [UInt8] { Hexadecimal.bytes(of: high) + Hexadecimal.bytes(of: low) }

  package static func < (left: Self, right: Self) -> Bool {
    (left.high, left.low) < (right.high, right.low)
  }

  /// 32 hexadecimal digits, lower case.
  package var description: String { Hexadecimal.text(bytes) }
}
