import Foundation

/// Sections, symbols and notes of a little-endian ELF file, 32 or 64 bit, read with bounds checks
/// throughout.
///
/// Any bytes may be given: what does not fit is an error, never a trap.
package struct ELFReader: Sendable {
  /// A section header with its name.
  package struct Section: Sendable, Equatable {
    package let name: String
    /// `SHT_…`
    package let type: UInt32
    /// `SHF_…`
    package let flags: UInt64
    /// Where it is loaded, before the file is moved; 0 = nowhere.
    package let address: UInt64
    /// Bytes in the file; empty for sections without any.
    package let range: Range<Int>
    package let link: Int
  }

  /// A symbol with its name.
  package struct Symbol: Sendable, Equatable {
    package let name: String
    /// `STT_…`
    package let type: UInt8
    /// Index of its section.
    package let section: Int
    /// Offset in its section; an address in what can be run.
    package let value: UInt64
    /// Bytes; 0 where nobody said it.
    package let size: UInt64
  }

  /// `EM_BPF`
  package static let machineBPF: UInt16 = 247
  /// `ET_REL`: an object or a kernel module.
  package static let relocatable: UInt16 = 1
  /// The first bytes of every ELF file.
  package static let magic: [UInt8] = [0x7f, 0x45, 0x4c, 0x46]
  private static let typeNoBits: UInt32 = 8
  private static let typeSymbols: UInt32 = 2
  private static let typeDynamicSymbols: UInt32 = 11
  private static let typeRelocations: UInt32 = 9
  private static let relocationCall: UInt64 = 10
  /// Names may share their ends: bytes of all, for each byte of the file.
  private static let nameBudget = 8

  private let bytes: Data
  private let layout: Layout
  /// `ET_…`
  package let type: UInt16
  /// `EM_…`
  package let machine: UInt16
  package let sections: [Section]

  package init(_ bytes: [UInt8]) throws(MalformedError) {
    try self.init(Data(bytes))
  }

  /// As `init(_:)` without a copy: `bytes` may be a mapped file of any size.
  package init(_ bytes: Data) throws(MalformedError) {
    // Offsets below count from 0, a slice's do not.
    let bytes = bytes.startIndex == 0 ? bytes : Data(bytes)
    self.bytes = bytes
    guard bytes.count >= 52, bytes.starts(with: Self.magic) else {
      throw MalformedError(reason: "not an ELF file")
    }
    guard bytes[5] == 1, let layout = Layout(rawValue: bytes[4]) else {
      throw MalformedError(reason: "not a little-endian ELF file of 32 or 64 bits")
    }
    self.layout = layout
    type = UInt16(try Self.integer(bytes, at: 16, size: 2))
    machine = UInt16(try Self.integer(bytes, at: 18, size: 2))
    let table = try Self.integer(bytes, at: layout.tableOffset, size: layout.word)
    let entrySize = Int(try Self.integer(bytes, at: layout.entrySizeOffset, size: 2))
    let count = Int(try Self.integer(bytes, at: layout.entrySizeOffset + 2, size: 2))
    let nameIndex = Int(try Self.integer(bytes, at: layout.entrySizeOffset + 4, size: 2))
    guard entrySize >= layout.headerSize, table <= UInt64(bytes.count),
      count * entrySize <= bytes.count - Int(table)
    else {
      throw MalformedError(reason: "no section table, or the file is cut off before its end")
    }
    var raw: [(name: Int, section: Section)] = []
    for index in 0..<count {
      raw.append(
        try Self.section(bytes, at: Int(table) + index * entrySize, index: index, layout))
    }
    guard raw.indices.contains(nameIndex) else { throw MalformedError(reason: "no section names") }
    let names = raw[nameIndex].section.range
    var sections: [Section] = []
    var named = 0
    for (place, section) in raw {
      let name = try Self.text(bytes, in: names, at: place)
      named += name.utf8.count
      guard named <= Self.nameBudget * bytes.count else {
        throw MalformedError(
          reason: "the names of its sections are many times longer than the file")
      }
      sections.append(
        Section(
          name: name, type: section.type, flags: section.flags, address: section.address,
          range: section.range, link: section.link))
    }
    self.sections = sections
  }

  /// Bytes of a whole file whose section table is its end, as linkers write it, by its first 64
  /// bytes; nil for what is no such header.
  package static func wholeSize(_ header: [UInt8]) -> Int? {
    let bytes = Data(header)
    guard bytes.count >= 64, bytes.starts(with: magic), bytes[5] == 1,
      let layout = Layout(rawValue: bytes[4]),
      let table = try? integer(bytes, at: layout.tableOffset, size: layout.word),
      let entrySize = try? integer(bytes, at: layout.entrySizeOffset, size: 2),
      let count = try? integer(bytes, at: layout.entrySizeOffset + 2, size: 2),
      table < 1 << 32
    else { return nil }
    return Int(table + entrySize * count)
  }

  /// Bytes of an address.
  package var wordSize: Int { layout.word }

  /// The first section of that name.
  package func section(_ name: String) -> Section? { sections.first { $0.name == name } }

  /// The bytes of a section of this file.
  package func contents(of section: Section) -> [UInt8] { [UInt8](bytes[section.range]) }

  /// All symbols, in the file's order.
  package func symbols() throws(MalformedError) -> [Symbol] {
    try symbols(ofType: Self.typeSymbols)
  }

  /// Those that a stripped file keeps for its users.
  package func dynamicSymbols() throws(MalformedError) -> [Symbol] {
    try symbols(ofType: Self.typeDynamicSymbols)
  }

  private func symbols(ofType type: UInt32) throws(MalformedError) -> [Symbol] {
    guard let table = sections.first(where: { $0.type == type }) else { return [] }
    guard sections.indices.contains(table.link) else {
      throw MalformedError(reason: "the symbol table has no names")
    }
    let names = sections[table.link].range
    let fields = layout.symbol
    var symbols: [Symbol] = []
    var named = 0
    for base in stride(
      from: table.range.lowerBound, to: table.range.upperBound - fields.size + 1, by: fields.size)
    {
      let name = try Self.text(
        bytes, in: names, at: Int(try Self.integer(bytes, at: base, size: 4)))
      named += name.utf8.count
      guard named <= Self.nameBudget * bytes.count else {
        throw MalformedError(reason: "the names of its symbols are many times longer than the file")
      }
      symbols.append(
        Symbol(
          name: name,
          type: UInt8(try Self.integer(bytes, at: base + fields.info, size: 1)) & 0xf,
          section: Int(try Self.integer(bytes, at: base + fields.section, size: 2)),
          value: try Self.integer(bytes, at: base + fields.value, size: layout.word),
          size: try Self.integer(bytes, at: base + fields.length, size: layout.word)))
    }
    return symbols
  }

  /// Names of symbols outside the file that instructions of a BPF object call (`R_BPF_64_32`).
  package func calledUndefinedSymbols() throws(MalformedError) -> [String] {
    let symbols = try symbols()
    var names: [String] = []
    for table in sections where table.type == Self.typeRelocations && layout == .bits64 {
      for base in stride(
        from: table.range.lowerBound, to: table.range.upperBound - 16 + 1, by: 16)
      {
        let info = try Self.integer(bytes, at: base + 8, size: 8)
        guard info & 0xffff_ffff == Self.relocationCall,
          symbols.indices.contains(Int(info >> 32))
        else { continue }
        let symbol = symbols[Int(info >> 32)]
        if symbol.section == 0, !symbol.name.isEmpty { names.append(symbol.name) }
      }
    }
    return names
  }

  private static func section(
    _ bytes: Data, at base: Int, index: Int, _ layout: Layout
  ) throws(MalformedError) -> (name: Int, section: Section) {
    let word = layout.word
    let type = UInt32(try integer(bytes, at: base + 4, size: 4))
    let flags = try integer(bytes, at: base + 8, size: word)
    let offset = try integer(bytes, at: base + 8 + 2 * word, size: word)
    let size = try integer(bytes, at: base + 8 + 3 * word, size: word)
    let end = offset.addingReportingOverflow(size)
    guard type == typeNoBits || (!end.overflow && end.partialValue <= UInt64(bytes.count))
    else { throw MalformedError(reason: "section \(index) leaves the file") }
    let section = Section(
      name: "", type: type, flags: flags,
      address: try integer(bytes, at: base + 8 + word, size: word),
      range: type == typeNoBits ? 0..<0 : Int(offset)..<Int(end.partialValue),
      link: Int(try integer(bytes, at: base + 8 + 4 * word, size: 4)))
    return (Int(try integer(bytes, at: base, size: 4)), section)
  }

  static func integer(
    _ bytes: Data, at offset: Int, size: Int
  ) throws(MalformedError) -> UInt64 {
    guard offset >= 0, offset <= bytes.count - size else {
      throw MalformedError(reason: "truncated at byte \(offset)")
    }
    var value: UInt64 = 0
    for index in (0..<size).reversed() { value = value << 8 | UInt64(bytes[offset + index]) }
    return value
  }

  private static func text(
    _ bytes: Data, in range: Range<Int>, at offset: Int
  ) throws(MalformedError) -> String {
    guard offset >= 0, offset < range.count,
      let end = bytes[(range.lowerBound + offset)..<range.upperBound].firstIndex(of: 0)
    else {
      if range.isEmpty && offset == 0 { return "" }
      throw MalformedError(reason: "a name leaves its table")
    }
    return String(decoding: bytes[(range.lowerBound + offset)..<end], as: UTF8.self)
  }
}

/// Where the two classes of ELF keep their fields.
enum Layout: UInt8 {
  case bits32 = 1
  case bits64 = 2

  /// Bytes of an address, an offset and a size.
  var word: Int { self == .bits64 ? 8 : 4 }
  /// `e_shoff`
  var tableOffset: Int { self == .bits64 ? 40 : 32 }
  /// `e_shentsize`; number of sections and index of their names follow.
  var entrySizeOffset: Int { self == .bits64 ? 58 : 46 }
  /// Bytes of a section header.
  var headerSize: Int { self == .bits64 ? 64 : 40 }
  /// Bytes of a symbol, and the offsets of its fields.
  var symbol: (size: Int, info: Int, section: Int, value: Int, length: Int) {
    self == .bits64 ? (24, 4, 6, 8, 16) : (16, 12, 14, 4, 8)
  }
  /// `e_phoff`
  var segmentsOffset: Int { self == .bits64 ? 32 : 28 }
  /// `e_phentsize`; the number of segments follows.
  var segmentSizeOffset: Int { self == .bits64 ? 54 : 42 }
  /// Offsets of a segment's fields: file offset, address, bytes in the file, flags.
  var segment: (offset: Int, address: Int, size: Int, flags: Int) {
    self == .bits64 ? (8, 16, 32, 4) : (4, 8, 16, 24)
  }
}
