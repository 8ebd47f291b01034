/// Reads the bytes of a report in order, each with its bounds.
struct ReportReader {
  let bytes: [UInt8]
  /// The first byte after the fields: that of the checksum.
  let end: Int
  private(set) var position = 0

  init(_ bytes: [UInt8], end: Int) {
    self.bytes = bytes
    self.end = end
  }

  func fault(_ field: String, _ reason: String) -> ReportError {
    ReportError(field: field, reason: reason, offset: position)
  }

  mutating func byte(_ field: String) throws(ReportError) -> UInt8 {
    guard position < end else { throw fault(field, "the report ends here") }
    defer { position += 1 }
    return bytes[position]
  }

  /// Eight bytes as a big-endian number.
  mutating func word(_ field: String) throws(ReportError) -> UInt64 {
    guard end - position >= 8 else { throw fault(field, "the report ends here") }
    defer { position += 8 }
    return bytes[position..<position + 8].reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// An unsigned LEB128 number in its shortest form.
  mutating func number(_ field: String, below limit: UInt64) throws(ReportError) -> UInt64 {
    let start = position
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let next = try byte(field)
      let bits = UInt64(next & 0x7f)
      if shift == 63, bits > 1 { throw fault(field, "the number is beyond 64 bits") }
      value |= bits << shift
      if next & 0x80 == 0 {
        if next == 0, position - start > 1 {
          throw fault(field, "the number is not in its shortest form")
        }
        break
      }
      shift += 7
      if shift > 63 { throw fault(field, "the number is beyond 64 bits") }
    }
    guard value < limit else { throw fault(field, "\(value) is not below \(limit)") }
    return value
  }

  /// UTF-8 without controls, after its length in bytes.
  mutating func text(_ field: String, _ lengths: ClosedRange<Int>) throws(ReportError) -> String {
    let count = Int(try number(field, below: 1 << 16))
    guard lengths.contains(count) else {
      throw fault(
        field, "\(count) bytes; \(lengths.lowerBound) to \(lengths.upperBound) are allowed")
    }
    guard end - position >= count else { throw fault(field, "the report ends inside it") }
    let part = bytes[position..<position + count]
    guard !part.contains(where: { $0 < 0x20 || $0 == 0x7f }),
      let text = String(validating: part, as: UTF8.self)
    else { throw fault(field, "is not UTF-8 without control characters") }
    position += count
    return text
  }

  /// Bits from here on; ``skip(to:)`` goes on after them.
  func bits() -> BitReader { BitReader(bytes, from: position, end: end) }

  mutating func skip(to next: Int) { position = next }
}
