/// Functions by address, for the question in which one an address lies.
///
/// Names stay in one text and are made into strings when they are asked for: a kernel has 200,000.
package struct SymbolTable: Sendable {
  /// What was found.
  package struct Place: Sendable, Equatable {
    package var name: String
    /// Nil for code that is no module's.
    package var module: String?
    /// Bytes from the function's beginning.
    package var offset: UInt64

    package init(name: String, module: String? = nil, offset: UInt64) {
      self.name = name
      self.module = module
      self.offset = offset
    }

    /// `name+0x1f [module]`
    package var text: String {
      "\(name)+0x\(String(offset, radix: 16))" + (module.map { " [\($0)]" } ?? "")
    }
  }

  struct Entry: Sendable {
    var start: UInt64
    /// Bytes; 0 = up to the next one.
    var size: UInt64
    var name: Range<Int>
    var module: Range<Int>?
  }

  /// Functions within functions that are looked at.
  private static let mostNested = 16

  /// By start; of those with the same start the first is the one that counts.
  private let entries: [Entry]
  private let names: [UInt8]

  package var isEmpty: Bool { entries.isEmpty }

  init(_ entries: [Entry], names: [UInt8]) {
    // The order among aliases is the file's.
    self.entries = entries.enumerated().sorted {
      ($0.element.start, $0.offset) < ($1.element.start, $1.offset)
    }.map(\.element)
    self.names = names
  }

  /// Functions with their names.
  package init(_ symbols: [(name: String, start: UInt64, size: UInt64)]) {
    var names: [UInt8] = []
    let entries = symbols.map { symbol in
      let first = names.count
      names += symbol.name.utf8
      return Entry(start: symbol.start, size: symbol.size, name: first..<names.count)
    }
    self.init(entries, names: names)
  }

  /// The function that an address lies in; nil where there is none.
  package func place(of address: UInt64) -> Place? {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].start <= address { low = middle + 1 } else { high = middle }
    }
    var at = low - 1
    var steps = 0
    while at >= 0, steps < Self.mostNested {
      // The first alias of this start that reaches so far: a label may stand where a function begins.
      var first = at
      while first > 0, entries[first - 1].start == entries[at].start { first -= 1 }
      let offset = address - entries[at].start
      // What is open ends where the next one begins.
      if let entry = entries[first...at].first(where: { entry in
        entry.size == 0 ? steps == 0 : offset < entry.size
      }) {
        return Place(
          name: text(entry.name), module: entry.module.map(text), offset: offset)
      }
      at = first - 1
      steps += 1
    }
    return nil
  }

  private func text(_ range: Range<Int>) -> String { String(decoding: names[range], as: UTF8.self) }
}
