/// Numbers of fixed width in the files of the log.
enum LittleEndian {
  static func append<Number: FixedWidthInteger>(_ number: Number, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }

  /// The number at an offset; it lies inside the bytes.
  static func read<Number: FixedWidthInteger>(
    _ type: Number.Type, _ bytes: some RandomAccessCollection<UInt8>, at offset: Int
  ) -> Number {
    var result: Number = 0
    let start = bytes.index(bytes.startIndex, offsetBy: offset)
    for (shift, byte) in bytes[start...].prefix(MemoryLayout<Number>.size).enumerated() {
      result |= Number(truncatingIfNeeded: byte) << Number(8 * shift)
    }
    return result
  }
}
