/// The functions of a running kernel and its modules, as `/proc/kallsyms` has them.
package enum KernelSymbols {
  /// What the file is good for.
  package enum Reading: Sendable {
    case table(SymbolTable)
    /// Every address is 0: `kernel.kptr_restrict`, or a reader without the right to see them.
    case hidden
    /// No function at all.
    case empty
  }

  /// - Parameter bytes: lines of `address type name`, with a tab and `[module]` behind a module's.
  /// - Returns: what can be found in them.
  package static func read(_ bytes: [UInt8]) -> Reading {
    var entries: [SymbolTable.Entry] = []
    var others: [SymbolTable.Entry] = []
    var isHidden = true
    var lines = Lines(bytes)
    while let line = lines.next() {
      guard let entry = entry(bytes, line) else { continue }
      if entry.start != 0 { isHidden = false }
      if isOtherName(bytes[entry.name]) { others.append(entry) } else { entries.append(entry) }
    }
    // The first of several names counts.
    entries += others
    if entries.isEmpty { return .empty }
    return isHidden ? .hidden : .table(SymbolTable(entries, names: bytes))
  }

  /// Names of functions for code that runs before the kernel is where it belongs.
  private static let early = Array("__pi_".utf8)

  private static func isOtherName(_ name: ArraySlice<UInt8>) -> Bool { name.starts(with: early) }

  private static let space = UInt8(ascii: " ")
  private static let tab = UInt8(ascii: "\t")
  /// Code: global, local and weak.
  private static let code: Set<UInt8> = Set("tTwW".utf8)

  private static func entry(_ bytes: [UInt8], _ line: Range<Int>) -> SymbolTable.Entry? {
    var at = line.lowerBound
    var start: UInt64 = 0
    while at < line.upperBound, let digit = digit(bytes[at]) {
      start = start << 4 | digit
      at += 1
    }
    // `0000 t name`
    guard at > line.lowerBound, at + 3 < line.upperBound, bytes[at] == space,
      code.contains(bytes[at + 1]), bytes[at + 2] == space
    else { return nil }
    let name = at + 3
    // A mark of the compiler's, not a function.
    guard bytes[name] != UInt8(ascii: "$") else { return nil }
    var end = name
    while end < line.upperBound, bytes[end] != tab, bytes[end] != space { end += 1 }
    var module: Range<Int>?
    if end + 2 < line.upperBound, bytes[end + 1] == UInt8(ascii: "[") {
      let first = end + 2
      var last = first
      while last < line.upperBound, bytes[last] != UInt8(ascii: "]") { last += 1 }
      if last > first { module = first..<last }
    }
    return SymbolTable.Entry(start: start, size: 0, name: name..<end, module: module)
  }

  private static func digit(_ byte: UInt8) -> UInt64? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
    default: nil
    }
  }
}

/// Ranges of a text's lines, without their ends.
private struct Lines: IteratorProtocol {
  private let bytes: [UInt8]
  private var at = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func next() -> Range<Int>? {
    guard at < bytes.count else { return nil }
    let start = at
    while at < bytes.count, bytes[at] != UInt8(ascii: "\n") { at += 1 }
    defer { at += 1 }
    return start..<at
  }
}
