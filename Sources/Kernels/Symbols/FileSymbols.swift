import Foundation
import KernelTypes

/// The functions of a program or library, by the offset in its file that stacks have.
package struct FileSymbols: Sendable {
  private let table: SymbolTable
  private let head: ELFHead

  private static let typeNone: UInt8 = 0
  private static let typeFunction: UInt8 = 2
  private static let typeIndirect: UInt8 = 10
  private static let executable: UInt64 = 4

  /// Whether the file names no function.
  package var isEmpty: Bool { table.isEmpty }

  /// - Parameters:
  ///   - file: the file, or one with its symbols alone, as debug packages have them.
  ///   - head: of the file that was mapped; nil = that of `file`.
  /// - Throws: `MalformedError`.
  package init(_ file: Data, head: ELFHead? = nil) throws(MalformedError) {
    let head = if let head { head } else { try ELFHead(file) }
    self.head = head
    let reader = try ELFReader(file)
    let isARM = head.machine == ELFHead.machineARM
    // What is for the linker is in the other table, too, unless that was stripped.
    let all = try reader.symbols()
    let symbols = all.isEmpty ? try reader.dynamicSymbols() : all
    table = SymbolTable(
      symbols.compactMap { symbol in
        guard Self.isFunction(symbol, in: reader) else { return nil }
        // The lowest bit says that it is Thumb code.
        let start = isARM ? symbol.value & ~1 : symbol.value
        return (name: symbol.name, start: start, size: symbol.size)
      })
  }

  /// What a stack's frame stands in.
  /// - Parameters:
  ///   - offset: in the file.
  ///   - isReturn: whether it is where a call returns to; the call is what is looked for.
  /// - Returns: nil where nothing is known of the place.
  package func place(ofOffset offset: UInt64, isReturn: Bool) -> SymbolTable.Place? {
    let exact = head.machine == ELFHead.machineARM ? offset & ~1 : offset
    guard let address = head.address(ofOffset: exact),
      var place = table.place(of: isReturn && address > 0 ? address - 1 : address)
    else { return nil }
    if isReturn { place.offset += 1 }
    return place
  }

  private static func isFunction(_ symbol: ELFReader.Symbol, in file: ELFReader) -> Bool {
    // Undefined, absolute, or of a section that is not there.
    guard symbol.section > 0, file.sections.indices.contains(symbol.section), !symbol.name.isEmpty
    else { return false }
    switch symbol.type {
    case typeFunction, typeIndirect: return true
    // Assembly without types; not the compiler's own marks.
    case typeNone:
      return file.sections[symbol.section].flags & executable != 0
        && !symbol.name.hasPrefix("$") && !symbol.name.hasPrefix(".")
    default: return false
    }
  }
}
