import CZlib

/// CRC-32 of zlib.
enum Checksum {
  static func of(_ parts: ArraySlice<UInt8>...) -> UInt32 {
    let sum = parts.reduce(uLong(0)) { sum, part in
      part.withUnsafeBufferPointer { crc32(sum, $0.baseAddress, UInt32($0.count)) }
    }
    return UInt32(truncatingIfNeeded: sum)
  }
}
