/// A field of a protocol buffer message
/// (https://protobuf.dev/programming-guides/encoding).
struct WireField {
  var number: Int
  /// Of a varint or fixed field; 0 for bytes.
  var number64: UInt64 = 0
  /// Of a length-delimited field; empty otherwise.
  var bytes: Range<Int> = 0..<0
  /// Whether it is length-delimited: a message, text or packed numbers.
  var isBytes = false
  /// Where the field begins.
  var offset: Int

  /// A varint that stands for an int32: negative ones take ten bytes.
  var number32: UInt32 { UInt32(truncatingIfNeeded: number64) }
}

/// Reads the fields of a message without ever leaving it.
struct WireReader {
  let data: [UInt8]
  private(set) var at: Int
  private let end: Int

  /// A reader of the message in `range`, which lies inside `data`.
  init(_ data: [UInt8], _ range: Range<Int>) {
    self.data = data
    at = range.lowerBound
    end = range.upperBound
  }

  /// The next field; nil at the end of the message.
  mutating func next() throws(PerfettoTraceError) -> WireField? {
    guard at < end else { return nil }
    let offset = at
    let key = try varint(of: offset)
    guard key >> 3 > 0, key >> 3 < 1 << 29 else {
      throw .malformed(offset: offset, problem: "field number \(key >> 3) cannot be")
    }
    var field = WireField(number: Int(key >> 3), offset: offset)
    switch key & 7 {
    case 0: field.number64 = try varint(of: offset)
    case 1: field.number64 = try fixed(8, of: offset)
    case 2:
      let length = try varint(of: offset)
      guard length <= UInt64(end - at) else { throw .truncated(offset: offset) }
      field.bytes = at..<at + Int(length)
      field.isBytes = true
      at += Int(length)
    case 5: field.number64 = try fixed(4, of: offset)
    default: throw .malformed(offset: offset, problem: "wire type \(key & 7) is not in use")
    }
    return field
  }

  /// The next element of packed varints; nil at the end.
  mutating func nextPacked() throws(PerfettoTraceError) -> UInt64? {
    guard at < end else { return nil }
    return try varint(of: at)
  }

  private mutating func varint(of offset: Int) throws(PerfettoTraceError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: 0 as UInt64, to: 64, by: 7) {
      guard at < end else { throw .truncated(offset: offset) }
      let byte = data[at]
      at += 1
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
    }
    throw .malformed(offset: offset, problem: "a number of more than ten bytes")
  }

  private mutating func fixed(_ size: Int, of offset: Int) throws(PerfettoTraceError) -> UInt64 {
    guard end - at >= size else { throw .truncated(offset: offset) }
    var value: UInt64 = 0
    for index in (at..<at + size).reversed() { value = value << 8 | UInt64(data[index]) }
    at += size
    return value
  }
}
