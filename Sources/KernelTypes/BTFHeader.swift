/// Where the parts of a BTF blob are.
package struct BTFHeader: Sendable, Equatable {
  package let types: Range<Int>
  package let strings: Range<Int>

  /// - Throws: ``Malformed`` for bytes that are no whole BTF of this machine's byte order.
  package init(_ bytes: [UInt8]) throws(Malformed) {
    try self.init(bytes[...])
  }

  /// As `init(_:)`; bytes after the end of the BTF are allowed when `isOpenEnded`.
  init(_ bytes: ArraySlice<UInt8>, isOpenEnded: Bool = false) throws(Malformed) {
    func word(_ at: Int) -> Int {
      let base = bytes.startIndex + at
      return (0..<4).reversed().reduce(0) { $0 << 8 | Int(bytes[base + $1]) }
    }
    guard bytes.count >= BTFTypes.headerSize else {
      throw Malformed(reason: "\(bytes.count) bytes are too few for BTF")
    }
    if bytes.starts(with: BTFTypes.magic.reversed()) {
      throw Malformed(reason: "big-endian BTF, which latgate does not read")
    }
    guard bytes.starts(with: BTFTypes.magic) else { throw Malformed(reason: "not BTF") }
    guard bytes[bytes.startIndex + 2] == 1 else {
      throw Malformed(reason: "BTF of version \(bytes[bytes.startIndex + 2]); this reads version 1")
    }
    let header = word(4)
    let (typeOffset, typeSize) = (word(8), word(12))
    let (stringOffset, stringSize) = (word(16), word(20))
    guard header >= BTFTypes.headerSize, header <= bytes.count else {
      throw Malformed(reason: "a header of \(header) bytes")
    }
    let end = header + max(typeOffset + typeSize, stringOffset + stringSize)
    guard end <= bytes.count else {
      throw Malformed(
        reason: "cut off: \(bytes.count) bytes are there, its header speaks of \(end)")
    }
    guard end == bytes.count || isOpenEnded else {
      throw Malformed(reason: "\(bytes.count - end) bytes follow its end")
    }
    guard typeOffset % 4 == 0, typeOffset + typeSize <= stringOffset else {
      throw Malformed(reason: "its types and names overlap")
    }
    let base = bytes.startIndex + header
    types = (base + typeOffset)..<(base + typeOffset + typeSize)
    strings = (base + stringOffset)..<(base + stringOffset + stringSize)
    guard let first = bytes[strings].first, let last = bytes[strings].last, first == 0, last == 0
    else { throw Malformed(reason: "its table of names is not closed by a NUL") }
  }
}
