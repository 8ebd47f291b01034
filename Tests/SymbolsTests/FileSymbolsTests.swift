import Foundation
import KernelTypes
import Testing

@testable import Symbols

/// Files made here, byte by byte.
struct FileSymbolsTests {
  /// An ELF file with one executable segment: file offset 0x1000 is address 0x401000.
  private struct Builder {
    var is64 = true
    var machine: UInt16 = 62
    /// `SHT_SYMTAB`, or `SHT_DYNSYM` of a stripped file.
    var tableType: UInt32 = 2
    var symbols: [(name: String, type: UInt8, section: UInt16, value: UInt64, size: UInt64)] = []

    private func word(_ value: UInt64) -> [UInt8] { Self.bytes(value, is64 ? 8 : 4) }

    static func bytes(_ value: UInt64, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64($0 * 8)) }
    }

    private func section(
      name: Int, type: UInt32, flags: UInt64, offset: Int, size: Int, link: Int
    ) -> [UInt8] {
      Self.bytes(UInt64(name), 4) + Self.bytes(UInt64(type), 4) + word(flags) + word(0)
        + word(UInt64(offset)) + word(UInt64(size)) + Self.bytes(UInt64(link), 4)
        + Self.bytes(0, 4) + word(1) + word(0)
    }

    func data() -> Data {
      let headSize = is64 ? 64 : 52
      let segmentSize = is64 ? 56 : 32
      let note =
        Self.bytes(4, 4) + Self.bytes(8, 4) + Self.bytes(3, 4) + Array("GNU\0".utf8)
        + [0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4]
      let noteOffset = headSize + 2 * segmentSize
      var names: [UInt8] = [0]
      var table = [UInt8](repeating: 0, count: is64 ? 24 : 16)
      for symbol in symbols {
        let name = Self.bytes(UInt64(names.count), 4)
        names += Array(symbol.name.utf8) + [0]
        table +=
          is64
          ? name + [symbol.type, 0] + Self.bytes(UInt64(symbol.section), 2) + word(symbol.value)
            + word(symbol.size)
          : name + word(symbol.value) + word(symbol.size) + [symbol.type, 0]
            + Self.bytes(UInt64(symbol.section), 2)
      }
      let tableOffset = noteOffset + note.count
      let namesOffset = tableOffset + table.count
      let sections =
        section(name: 0, type: 0, flags: 0, offset: 0, size: 0, link: 0)
        + section(name: 0, type: 1, flags: 6, offset: 0, size: 0, link: 0)
        + section(
          name: 0, type: tableType, flags: 0, offset: tableOffset, size: table.count, link: 3)
        + section(name: 0, type: 3, flags: 0, offset: namesOffset, size: names.count, link: 0)
      let sectionsOffset = namesOffset + names.count
      let ident: [UInt8] =
        ELFReader.magic + [is64 ? 2 : 1, 1, 1] + [UInt8](repeating: 0, count: 9)
      let head =
        ident + Self.bytes(3, 2) + Self.bytes(UInt64(machine), 2) + Self.bytes(1, 4) + word(0)
        + word(UInt64(headSize)) + word(UInt64(sectionsOffset)) + Self.bytes(0, 4)
        + Self.bytes(UInt64(headSize), 2) + Self.bytes(UInt64(segmentSize), 2) + Self.bytes(2, 2)
        + Self.bytes(is64 ? 64 : 40, 2) + Self.bytes(4, 2) + Self.bytes(3, 2)
      func segment(type: UInt64, flags: UInt64, offset: UInt64, address: UInt64, size: UInt64)
        -> [UInt8]
      {
        is64
          ? Self.bytes(type, 4) + Self.bytes(flags, 4) + word(offset) + word(address)
            + word(address) + word(size) + word(size) + word(4096)
          : Self.bytes(type, 4) + word(offset) + word(address) + word(address) + word(size)
            + word(size) + Self.bytes(flags, 4) + word(4096)
      }
      let segments =
        segment(type: 1, flags: 5, offset: 0x1000, address: 0x40_1000, size: 0x2000)
        + segment(
          type: 4, flags: 4, offset: UInt64(noteOffset), address: 0, size: UInt64(note.count))
      return Data(head + segments + note + table + names + sections)
    }
  }

  @Test(arguments: [true, false])
  func offsetsOfTheFileBecomeFunctions(is64: Bool) throws {
    let file = Builder(
      is64: is64,
      symbols: [
        ("main", 2, 1, 0x40_1100, 0x40), ("data", 1, 1, 0x40_1110, 8),
        ("elsewhere", 2, 0, 0x40_1120, 8), ("assembly", 0, 1, 0x40_1200, 0),
      ])
    let head = try ELFHead(file.data())
    #expect(head.buildID == "deadbeef01020304")
    #expect(
      head.segments == [
        .init(file: 0x1000..<0x3000, address: 0x40_1000, isExecutable: true)
      ])
    let symbols = try FileSymbols(file.data())
    #expect(symbols.place(ofOffset: 0x1100, isReturn: false)?.text == "main+0x0")
    #expect(symbols.place(ofOffset: 0x113f, isReturn: false)?.text == "main+0x3f")
    #expect(symbols.place(ofOffset: 0x1150, isReturn: false) == nil)
    #expect(symbols.place(ofOffset: 0x1210, isReturn: false)?.text == "assembly+0x10")
    // A call at the very end of a function returns behind it.
    #expect(symbols.place(ofOffset: 0x1140, isReturn: true)?.text == "main+0x40")
    #expect(symbols.place(ofOffset: 0x1140, isReturn: false) == nil)
    #expect(symbols.place(ofOffset: 0x9000, isReturn: false) == nil)
  }

  @Test func thumbCodeHasOddSymbolsAndOddReturns() throws {
    let file = Builder(
      is64: false, machine: ELFHead.machineARM,
      symbols: [("thumb", 2, 1, 0x40_1101, 0x40), ("$t", 0, 1, 0x40_1120, 0)])
    let symbols = try FileSymbols(file.data())
    #expect(symbols.place(ofOffset: 0x1100, isReturn: false)?.text == "thumb+0x0")
    #expect(symbols.place(ofOffset: 0x1121, isReturn: false)?.text == "thumb+0x20")
    #expect(symbols.place(ofOffset: 0x1141, isReturn: true)?.text == "thumb+0x40")
  }

  @Test func aStrippedFileHasWhatItsUsersCall() throws {
    let file = Builder(tableType: 11, symbols: [("exported", 2, 1, 0x40_1100, 0x10)])
    let symbols = try FileSymbols(file.data())
    #expect(symbols.place(ofOffset: 0x1108, isReturn: false)?.text == "exported+0x8")
    #expect(symbols.place(ofOffset: 0x1180, isReturn: false) == nil)
    #expect(try FileSymbols(Builder().data()).isEmpty)
  }

  /// Thousands of sections may share one name, which may be as long as the file.
  @Test func namesOfSectionsHaveABudget() {
    func file(sections: Int) -> Data {
      let name = [UInt8](repeating: UInt8(ascii: "a"), count: 4096) + [0]
      // Magic, class and byte order, then: type, machine, version, entry, segments, sections.
      var bytes: [UInt8] = ELFReader.magic
      bytes += [2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 62, 0, 1, 0, 0, 0]
      bytes += Builder.bytes(0, 16)
      bytes += Builder.bytes(UInt64(64 + name.count), 8)
      bytes += Builder.bytes(0, 10)
      for number in [64, UInt64(sections), 0] { bytes += Builder.bytes(number, 2) }
      bytes += name
      // Name, type, flags and address, place, size, the rest.
      for _ in 0..<sections {
        bytes += Builder.bytes(0, 4)
        bytes += Builder.bytes(3, 4)
        bytes += Builder.bytes(0, 16)
        bytes += Builder.bytes(64, 8)
        bytes += Builder.bytes(UInt64(name.count), 8)
        bytes += Builder.bytes(0, 24)
      }
      return Data(bytes)
    }
    #expect((try? ELFReader(file(sections: 8)))?.sections.count == 8)
    #expect(
      throws: MalformedError(
        reason: "the names of its sections are many times longer than the file")
    ) { try ELFReader(file(sections: 20)) }
  }

  /// The first page is all that is read of most files.
  @Test func theHeadNeedsNoMoreThanItself() throws {
    let file = Builder(symbols: [("main", 2, 1, 0x40_1100, 0x40)]).data()
    #expect(try ELFHead(file.prefix(64 + 2 * 56 + 24)).buildID == "deadbeef01020304")
    #expect(try ELFHead(file.prefix(64 + 2 * 56)).buildID == nil)
    for size in 0..<(64 + 2 * 56) {
      #expect(throws: MalformedError.self) { try ELFHead(file.prefix(size)) }
    }
  }

  @Test("functions are found by name, with what keeps them from being measured")
  func programFile() throws {
    var builder = Builder()
    builder.symbols = [
      ("work", 2, 1, 0x40_1200, 0x20), ("twice", 2, 1, 0x40_1300, 8), ("twice", 2, 1, 0x40_1310, 8),
      ("same", 2, 1, 0x40_1400, 8), ("same", 2, 1, 0x40_1400, 8),
      ("memcpy@@GLIBC_2.14", 10, 1, 0x40_1500, 8), ("malloc@GLIBC_2.2.5", 2, 0, 0, 0),
      ("data", 1, 1, 0x40_1600, 8), ("_ZN3app4workEi", 2, 1, 0x40_1700, 8),
      ("_ZZN3app4workEiENKUliE_clEi", 2, 1, 0x40_1710, 8),
      ("_ZN3app5QueueclEi", 2, 1, 0x40_1720, 8), ("_ZlsRSoRKN3app5EventE", 2, 1, 0x40_1730, 8),
    ]
    let file = try ProgramFile(builder.data())
    #expect(file.functions["work"] == [.init(name: "work", address: 0x40_1200, size: 0x20)])
    #expect(file.functions["twice"]?.count == 2)
    #expect(file.functions["same"]?.count == 1)
    #expect(file.functions["memcpy"]?.map(\.isIndirect) == [true])
    #expect(file.functions["data"] == nil && file.functions["malloc"] == nil)
    #expect(file.imported == ["malloc"])
    #expect(file.identity == [0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4])
    #expect(file.identityText == "deadbeef01020304")
    #expect(file.goVersion == nil && !file.keepsGoroutine && !file.isNarrow)
    #expect(file.functions(named: "app::work").map(\.address) == [0x40_1700])
    #expect(file.functions(named: "app::other").isEmpty)
    #expect(file.functions(named: "app::Queue::operator()").map(\.address) == [0x40_1720])
    #expect(file.functions(named: "operator<<").map(\.address) == [0x40_1730])
    #expect(file.head.offset(ofAddress: 0x40_1200) == 0x1200)
    #expect(file.head.offset(ofAddress: 0x40_3000) == nil)
    #expect(file.code(at: 0, count: 4) == ELFReader.magic)
    #expect(file.code(at: 1 << 40, count: 4).isEmpty)

    builder.is64 = false
    builder.machine = ELFHead.machineARM
    builder.symbols = [("arm", 2, 1, 0x40_1200, 8), ("thumb", 2, 1, 0x40_1301, 8)]
    let narrow = try ProgramFile(builder.data())
    #expect(narrow.isNarrow && narrow.functions["arm"]?.map(\.isThumb) == [false])
    #expect(
      narrow.functions["thumb"] == [
        .init(name: "thumb", address: 0x40_1300, size: 8, isThumb: true)
      ])
  }

  @Test("cold parts are those of the name, in order, whatever else lies at their addresses")
  func coldParts() throws {
    var builder = Builder()
    builder.symbols = [
      ("whole", 2, 1, 0x40_1000, 0x900), ("work.cold.1", 2, 1, 0x40_1300, 8),
      ("work.cold", 2, 1, 0x40_1200, 8), ("alias", 2, 1, 0x40_1200, 8),
      ("worker.cold", 2, 1, 0x40_1400, 8), ("work", 2, 1, 0x40_1100, 8),
    ]
    let file = try ProgramFile(builder.data())
    #expect(file.coldParts(of: "work").map(\.name) == ["work.cold", "work.cold.1"])
    #expect(file.coldParts(of: "alias").isEmpty)
  }

  @Test("what multiplies in a file is bounded")
  func bounded() throws {
    var builder = Builder()
    builder.symbols = (0..<500).map { ("work", 2, 1, 0x40_1000 + $0, 1) }
    #expect(try ProgramFile(builder.data()).functions["work"]?.count == 64)
    // Each symbol has the whole table of names as its own.
    builder.symbols = [(String(repeating: "a", count: 4000), 2, 1, 0x40_1000, 1)]
    builder.symbols += (0..<100).map { _ in ("", 2, 1, 0x40_1000, 1) }
    var data = builder.data()
    let table = 64 + 2 * 56 + 24
    for index in 1...101 {
      data.replaceSubrange(table + 24 * index..<table + 24 * index + 4, with: [1, 0, 0, 0])
    }
    #expect(throws: MalformedError.self) { try ProgramFile(data) }
  }

  @Test("any bytes of a program are refused without a trap")
  func anyProgram() {
    var builder = Builder()
    builder.symbols = [("work", 2, 1, 0x40_1200, 0x20), ("_ZN3app4workEi", 2, 1, 0x40_1700, 8)]
    let data = builder.data()
    for index in data.indices {
      for pattern: UInt8 in [0xff, 0x80, 0x01] {
        var damaged = data
        damaged[index] ^= pattern
        guard let file = try? ProgramFile(damaged) else { continue }
        _ = file.functions(named: "app::work")
        _ = file.coldParts(of: "work")
        _ = file.head.offset(ofAddress: 0x40_1200)
      }
      _ = try? ProgramFile(data.prefix(index))
    }
  }
}
