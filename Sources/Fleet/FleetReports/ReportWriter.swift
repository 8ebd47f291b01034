/// Makes the bytes of a report.
struct ReportWriter {
  private(set) var bytes: [UInt8] = []

  mutating func byte(_ value: UInt8) { bytes.append(value) }

  /// Eight bytes, big-endian.
  mutating func word(_ value: UInt64) { bytes += Hexadecimal.bytes(of: value) }

  /// Unsigned LEB128.
  mutating func number(_ value: some UnsignedInteger) {
    var rest = UInt64(value)
    while rest > 0x7f {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  mutating func text(_ value: String) {
    number(UInt(value.utf8.count))
    bytes += value.utf8
  }

  mutating func append(_ more: [UInt8]) { bytes += more }
}
