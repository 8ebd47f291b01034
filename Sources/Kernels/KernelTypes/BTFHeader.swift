/// Where the parts of a BTF blob are.
package struct BTFHeader: Sendable, Equatable {
  package let types: Range<Int>
  package let strings: Range<Int>
  /// It continues where other BTF ends, as a module's does the kernel's: only the first of them
  /// begins with the empty name.
  package let isSplit: Bool

  /// - Throws: ``MalformedError`` for bytes that are no whole BTF of this machine's byte order.
  package init(_ bytes: [UInt8]) throws(MalformedError) {
    func word(_ at: Int) -> Int { Self.word(bytes, at) }
    guard bytes.count >= BTFTypes.headerSize else {
      throw MalformedError(reason: "\(bytes.count) bytes are too few for BTF")
    }
    if bytes.starts(with: BTFTypes.magic.reversed()) {
      throw MalformedError(reason: "big-endian BTF, which latgate does not read")
    }
    guard bytes.starts(with: BTFTypes.magic) else { throw MalformedError(reason: "not BTF") }
    guard bytes[2] == 1 else {
      throw MalformedError(reason: "BTF of version \(bytes[2]); this reads version 1")
    }
    let header = word(4)
    let (typeOffset, typeSize) = (word(8), word(12))
    let (stringOffset, stringSize) = (word(16), word(20))
    guard header >= BTFTypes.headerSize, header <= bytes.count else {
      throw MalformedError(reason: "a header of \(header) bytes")
    }
    // Headers of 32 bytes have a third part, of how types are laid out.
    let layout = header >= 32 ? word(24) + word(28) : 0
    let end = header + max(typeOffset + typeSize, stringOffset + stringSize, layout)
    guard end <= bytes.count else {
      throw MalformedError(
        reason: "cut off: \(bytes.count) bytes are there, its header speaks of \(end)")
    }
    guard end == bytes.count else {
      throw MalformedError(reason: "\(bytes.count - end) bytes follow its end")
    }
    guard typeOffset % 4 == 0, typeOffset + typeSize <= stringOffset else {
      throw MalformedError(reason: "its types and names overlap")
    }
    types = (header + typeOffset)..<(header + typeOffset + typeSize)
    strings = (header + stringOffset)..<(header + stringOffset + stringSize)
    guard let first = bytes[strings].first, bytes[strings].last == 0 else {
      throw MalformedError(reason: "its table of names is not closed by a NUL")
    }
    isSplit = first != 0
  }
  /// Bytes of the whole blob by its header alone; nil for what is no header.
  package static func wholeSize(_ header: [UInt8]) -> Int? {
    guard header.count >= BTFTypes.headerSize, header.starts(with: BTFTypes.magic) else {
      return nil
    }
    return word(header, 4)
      + max(word(header, 8) + word(header, 12), word(header, 16) + word(header, 20))
  }

  private static func word(_ bytes: [UInt8], _ at: Int) -> Int {
    (0..<4).reversed().reduce(0) { $0 << 8 | Int(bytes[at + $1]) }
  }
}
