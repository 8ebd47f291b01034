/// ClickHouse's format of rows: numbers little-endian, strings behind their length as LEB128.
struct RowBinaryWriter {
  private(set) var bytes: [UInt8] = []

  mutating func number(_ value: some FixedWidthInteger) { LittleEndian.append(value, to: &bytes) }

  mutating func fixed(_ value: [UInt8]) { bytes += value }

  mutating func string(_ value: some Collection<UInt8>) {
    var rest = value.count
    while rest > 0x7f {
      bytes.append(UInt8(rest & 0x7f) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
    bytes += value
  }
}

/// Reads what ``RowBinaryWriter`` writes; nil for everything once the bytes do not suffice.
struct RowBinaryReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func fixed(_ count: Int) -> ArraySlice<UInt8>? {
    guard rest.count >= count else { return nil }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  mutating func number<Number: FixedWidthInteger>(_ type: Number.Type) -> Number? {
    fixed(MemoryLayout<Number>.size).map { LittleEndian.read(type, $0, at: 0) }
  }

  mutating func string() -> ArraySlice<UInt8>? {
    var count = 0
    for shift in stride(from: 0, to: 35, by: 7) {
      guard let byte = fixed(1)?.first else { return nil }
      count |= Int(byte & 0x7f) << shift
      if byte & 0x80 == 0 { return fixed(count) }
    }
    return nil
  }
}
