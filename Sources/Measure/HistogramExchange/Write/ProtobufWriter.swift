/// Writes the wire format of protocol buffers.
struct ProtobufWriter {
  private(set) var bytes: [UInt8] = []

  mutating func varint(_ value: UInt64) {
    var value = value
    while value >= 0x80 {
      bytes.append(UInt8(value & 0x7f) | 0x80)
      value >>= 7
    }
    bytes.append(UInt8(value))
  }

  private mutating func tag(_ field: Int, _ kind: UInt64) { varint(UInt64(field) << 3 | kind) }

  /// An `int64`, `uint64`, `bool` or enumeration.
  mutating func integer(_ field: Int, _ value: UInt64) {
    tag(field, 0)
    varint(value)
  }

  /// A `sint32` or `sint64`.
  mutating func signed(_ field: Int, _ value: Int64) {
    integer(field, Self.zigzag(value))
  }

  mutating func fixed(_ field: Int, _ value: UInt64) {
    tag(field, 1)
    raw(value)
  }

  mutating func double(_ field: Int, _ value: Double) { fixed(field, value.bitPattern) }

  mutating func data(_ field: Int, _ value: [UInt8]) {
    tag(field, 2)
    varint(UInt64(value.count))
    bytes += value
  }

  mutating func text(_ field: Int, _ value: String) { data(field, Array(value.utf8)) }

  mutating func message(_ field: Int, _ write: (inout ProtobufWriter) -> Void) {
    var inner = ProtobufWriter()
    write(&inner)
    data(field, inner.bytes)
  }

  /// Packed `fixed64` or `double`s.
  mutating func fixed(_ field: Int, packed values: [UInt64]) {
    message(field) { inner in for value in values { inner.raw(value) } }
  }

  mutating func varints(_ field: Int, packed values: [UInt64]) {
    message(field) { inner in for value in values { inner.varint(value) } }
  }

  mutating func signed(_ field: Int, packed values: [Int64]) {
    varints(field, packed: values.map(Self.zigzag))
  }

  private mutating func raw(_ value: UInt64) {
    for shift in stride(from: 0, to: 64, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
    }
  }

  private static func zigzag(_ value: Int64) -> UInt64 {
    UInt64(bitPattern: (value << 1) ^ (value >> 63))
  }
}
