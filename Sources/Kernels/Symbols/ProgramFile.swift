import Foundation
import KernelTypes

/// A program or library of a device, as far as its functions are measured: which it has, where they
/// are in the file, and whether they are Go's.
///
/// Any bytes may be given: what does not fit is an error, never a trap.
package struct ProgramFile: Sendable {
  /// A function that the file has.
  package struct Function: Sendable, Equatable {
    package var name: String
    /// Before the file is moved to where it is loaded.
    package var address: UInt64
    /// Bytes; 0 where nobody said it.
    package var size: UInt64
    /// Whether the symbol is a function that chooses the one that is called (`STT_GNU_IFUNC`).
    package var isIndirect = false
    /// Whether it is Thumb code.
    package var isThumb = false
  }

  package let head: ELFHead
  /// Of 32 bits.
  package let isNarrow: Bool
  /// By name; several where the file has as many of one name.
  package let functions: [String: [Function]]
  /// Functions of libraries that it calls.
  package let imported: Set<String>
  /// Libraries that it needs, as their names are in it.
  package let libraries: [String]
  /// Nil for what is not Go's; empty where the version is not known.
  package let goVersion: String?
  /// Contents of the note that only this build has; empty without one.
  package let identity: [UInt8]
  private let bytes: Data
  private let reader: ELFReader

  /// - Throws: `MalformedError`.
  package init(_ bytes: Data) throws(MalformedError) {
    let bytes = bytes.startIndex == 0 ? bytes : Data(bytes)
    self.bytes = bytes
    head = try ELFHead(bytes)
    isNarrow = bytes[4] == 1
    let file = try ELFReader(bytes)
    reader = file
    var symbols = try file.symbols()
    // Libraries keep what others call where the rest was stripped.
    symbols += try file.dynamicSymbols()
    var functions: [String: [Function]] = [:]
    var imported: Set<String> = []
    for symbol in symbols where !symbol.name.isEmpty {
      guard Self.functionTypes.contains(symbol.type) else { continue }
      // Versions of a name: memcpy@@GLIBC_2.14.
      let name = symbol.name.firstIndex(of: "@").map { String(symbol.name[..<$0]) } ?? symbol.name
      guard symbol.section > 0 else {
        imported.insert(name)
        continue
      }
      let isThumb = head.machine == ELFHead.machineARM && symbol.value & 1 == 1
      let function = Function(
        name: name, address: isThumb ? symbol.value & ~1 : symbol.value, size: symbol.size,
        isIndirect: symbol.type == Self.typeIndirect, isThumb: isThumb)
      // Of several it is known that they are: more of them only take time.
      let known = functions[name] ?? []
      if known.count < Self.mostNamesakes,
        !known.contains(where: { $0.address == function.address })
      {
        functions[name, default: []].append(function)
      }
    }
    self.functions = functions
    self.imported = imported.subtracting(functions.keys)
    libraries = Self.libraries(file)
    goVersion = GoBuild.version(file)
    identity =
      (head.buildID ?? BuildIDNote.find(in: file)).map { [UInt8](hexadecimal: $0) }
      ?? GoBuild.identity(file)
  }

  private static let mostNamesakes = 64
  private static let typeIndirect: UInt8 = 10
  private static let functionTypes: Set<UInt8> = [2, typeIndirect]

  /// The build-id for people: hex, or what Go writes.
  package var identityText: String {
    guard goVersion != nil, identity.count > 32, identity.allSatisfy({ (0x20..<0x7f).contains($0) })
    else { return identity.hexadecimal }
    return String(decoding: identity, as: UTF8.self)
  }

  /// Where its USDT probes are; empty for a file without notes of such.
  /// - Throws: `MalformedError`.
  package func usdtLocations() throws(MalformedError) -> [USDTLocation] {
    try USDTLocation.all(in: reader)
  }

  /// The bytes of the file at an offset; fewer at its end.
  package func code(at offset: UInt64, count: Int) -> [UInt8] {
    guard offset < UInt64(bytes.count) else { return [] }
    return [UInt8](bytes[Int(offset)...].prefix(count))
  }

  /// What a compiler put elsewhere of a function, as it is rare, with its own name: `work.cold.1`.
  package func coldParts(of name: String) -> [Function] {
    functions.filter { $0.key.hasPrefix("\(name).cold") }.flatMap(\.value)
      .sorted { ($0.address, $0.size, $0.name) < ($1.address, $1.size, $1.name) }
  }

  /// `DT_NEEDED` of `.dynamic`, whose names are in `.dynstr`.
  private static func libraries(_ file: ELFReader) -> [String] {
    guard let dynamic = file.section(".dynamic"), let names = file.section(".dynstr") else {
      return []
    }
    let table = file.contents(of: dynamic)
    let text = file.contents(of: names)
    let word = file.machine == ELFHead.machineARM ? 4 : 8
    func number(_ at: Int) -> Int {
      table[at..<at + word].reversed().reduce(0) { ($0 & (1 << 54 - 1)) << 8 | Int($1) }
    }
    return stride(from: 0, through: table.count - 2 * word, by: 2 * word).compactMap { at in
      guard number(at) == 1, text.indices.contains(number(at + word)) else { return nil }
      return String(decoding: text[number(at + word)...].prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}

/// What Go's linker writes into a program.
enum GoBuild {
  /// Of 14 bytes; then the size of pointers, and flags.
  private static let magic = [UInt8]("\u{ff} Go buildinf:".unicodeScalars.map { UInt8($0.value) })
  private static let versionIsInline: UInt8 = 2

  /// Nil for what is not Go's; empty where the version is not known, as before go1.18.
  static func version(_ file: ELFReader) -> String? {
    guard let section = file.section(".go.buildinfo") else {
      return file.section(".note.go.buildid") == nil ? nil : ""
    }
    let bytes = file.contents(of: section)
    guard bytes.count > 33, bytes.starts(with: magic), bytes[15] & versionIsInline != 0 else {
      return ""
    }
    // A varint of one byte: versions are short.
    let length = Int(bytes[32])
    guard length < 0x80, 33 + length <= bytes.count else { return "" }
    return String(decoding: bytes[33..<33 + length], as: UTF8.self)
  }

  /// Contents of `.note.go.buildid`: {4, size, 4, "Go\0\0", contents}.
  static func identity(_ file: ELFReader) -> [UInt8] {
    guard let section = file.section(".note.go.buildid") else { return [] }
    let bytes = file.contents(of: section)
    guard bytes.count > 16 else { return [] }
    let size = Int(bytes[4]) | Int(bytes[5]) << 8
    return 16 + size <= bytes.count ? [UInt8](bytes[16..<16 + size]) : []
  }
}

extension ProgramFile {
  /// Whether its runtime keeps the running goroutine in a register: x28 on arm64 and r10 on arm
  /// always, r14 on x86-64 since go1.17 (whose version cannot be distinguished from earlier ones here).
  package var keepsGoroutine: Bool {
    guard let goVersion else { return false }
    if head.machine != ELFHead.machineX86 { return true }
    return goVersion.hasPrefix("go1.") || goVersion.hasPrefix("go2.")
      || goVersion.hasPrefix("devel")
  }
}
