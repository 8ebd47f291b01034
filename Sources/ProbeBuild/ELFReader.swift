/// Sections and symbols of a 64-bit little-endian ELF file, read with bounds checks throughout.
///
/// Any bytes may be given: what does not fit is an error, never a trap.
struct ELFReader: Sendable {
  /// What is wrong with the bytes.
  struct Malformed: Error, Equatable {
    let reason: String
  }

  /// A section header with its name.
  struct Section: Sendable, Equatable {
    let name: String
    /// `SHT_…`
    let type: UInt32
    /// `SHF_…`
    let flags: UInt64
    /// Bytes in the file; empty for sections without any.
    let range: Range<Int>
    let link: Int
  }

  /// A symbol with its name.
  struct Symbol: Sendable, Equatable {
    let name: String
    /// `STT_…`
    let type: UInt8
    /// Index of its section.
    let section: Int
    /// Offset in its section.
    let value: UInt64
  }

  /// `EM_BPF`
  static let machineBPF: UInt16 = 247
  private static let headerSize = 64
  private static let typeNoBits: UInt32 = 8
  private static let typeSymbols: UInt32 = 2
  private static let typeRelocations: UInt32 = 9
  private static let relocationCall: UInt64 = 10

  let bytes: [UInt8]
  let machine: UInt16
  let sections: [Section]

  init(_ bytes: [UInt8]) throws(Malformed) {
    self.bytes = bytes
    guard bytes.count >= Self.headerSize, bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46]) else {
      throw Malformed(reason: "not an ELF file")
    }
    guard bytes[4] == 2, bytes[5] == 1 else {
      throw Malformed(reason: "not a 64-bit little-endian ELF file")
    }
    machine = UInt16(try Self.integer(bytes, at: 18, size: 2))
    let table = try Self.integer(bytes, at: 40, size: 8)
    let entrySize = Int(try Self.integer(bytes, at: 58, size: 2))
    let count = Int(try Self.integer(bytes, at: 60, size: 2))
    let nameIndex = Int(try Self.integer(bytes, at: 62, size: 2))
    guard entrySize >= 64, table <= UInt64(bytes.count),
      count * entrySize <= bytes.count - Int(table)
    else {
      throw Malformed(reason: "no section table")
    }
    var raw: [(name: Int, section: Section)] = []
    for index in 0..<count {
      let base = Int(table) + index * entrySize
      let type = UInt32(try Self.integer(bytes, at: base + 4, size: 4))
      let offset = try Self.integer(bytes, at: base + 24, size: 8)
      let size = try Self.integer(bytes, at: base + 32, size: 8)
      let end = offset.addingReportingOverflow(size)
      guard type == Self.typeNoBits || (!end.overflow && end.partialValue <= UInt64(bytes.count))
      else { throw Malformed(reason: "section \(index) leaves the file") }
      let section = Section(
        name: "", type: type, flags: try Self.integer(bytes, at: base + 8, size: 8),
        range: type == Self.typeNoBits ? 0..<0 : Int(offset)..<Int(end.partialValue),
        link: Int(try Self.integer(bytes, at: base + 40, size: 4)))
      raw.append((Int(try Self.integer(bytes, at: base, size: 4)), section))
    }
    guard raw.indices.contains(nameIndex) else { throw Malformed(reason: "no section names") }
    let names = raw[nameIndex].section.range
    var sections: [Section] = []
    for (name, section) in raw {
      sections.append(
        Section(
          name: try Self.text(bytes, in: names, at: name), type: section.type,
          flags: section.flags, range: section.range, link: section.link))
    }
    self.sections = sections
  }

  /// The first section of that name.
  func section(_ name: String) -> Section? { sections.first { $0.name == name } }

  /// All symbols, in the file's order.
  func symbols() throws(Malformed) -> [Symbol] {
    guard let table = sections.first(where: { $0.type == Self.typeSymbols }) else { return [] }
    guard sections.indices.contains(table.link) else {
      throw Malformed(reason: "the symbol table has no names")
    }
    let names = sections[table.link].range
    let entrySize = 24
    var symbols: [Symbol] = []
    for base in stride(
      from: table.range.lowerBound, to: table.range.upperBound - entrySize + 1, by: entrySize)
    {
      let name = Int(try Self.integer(bytes, at: base, size: 4))
      symbols.append(
        Symbol(
          name: try Self.text(bytes, in: names, at: name), type: bytes[base + 4] & 0xf,
          section: Int(try Self.integer(bytes, at: base + 6, size: 2)),
          value: try Self.integer(bytes, at: base + 8, size: 8)))
    }
    return symbols
  }

  /// Names of symbols outside the file that instructions call (`R_BPF_64_32`).
  func calledUndefinedSymbols() throws(Malformed) -> [String] {
    let symbols = try symbols()
    var names: [String] = []
    for table in sections where table.type == Self.typeRelocations {
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

  private static func integer(
    _ bytes: [UInt8], at offset: Int, size: Int
  ) throws(Malformed) -> UInt64 {
    guard offset >= 0, offset <= bytes.count - size else {
      throw Malformed(reason: "truncated at byte \(offset)")
    }
    var value: UInt64 = 0
    for index in (0..<size).reversed() { value = value << 8 | UInt64(bytes[offset + index]) }
    return value
  }

  private static func text(
    _ bytes: [UInt8], in range: Range<Int>, at offset: Int
  ) throws(Malformed) -> String {
    guard offset >= 0, offset < range.count,
      let end = bytes[(range.lowerBound + offset)..<range.upperBound].firstIndex(of: 0)
    else {
      if range.isEmpty && offset == 0 { return "" }
      throw Malformed(reason: "a name leaves its table")
    }
    return String(decoding: bytes[(range.lowerBound + offset)..<end], as: UTF8.self)
  }
}
