/// A key of a terminal.
package enum ScreenKey: Sendable, Equatable {
  case up, down, pageUp, pageDown, home, end, escape
  case character(Character)
}

/// Makes keys of a terminal's bytes; a key's sequence may come in pieces.
package struct ScreenKeyReader: Sendable {
  private var held: [UInt8] = []

  package init() {}

  /// Sequences that terminals send for keys, after ESC.
  private static let sequences: [String: ScreenKey] = [
    "[A": .up, "OA": .up, "[B": .down, "OB": .down, "[5~": .pageUp, "[6~": .pageDown,
    "[H": .home, "OH": .home, "[1~": .home, "[F": .end, "OF": .end, "[4~": .end,
  ]

  /// Takes bytes in the order in which they came; unknown sequences are no keys.
  package mutating func take(_ bytes: [UInt8]) -> [ScreenKey] {
    held += bytes
    var keys: [ScreenKey] = []
    while let first = held.first {
      if first == 0x1b {
        guard let length = sequenceLength else { return keys }
        let word = String(decoding: held[1..<length], as: UTF8.self)
        held.removeFirst(length)
        if let key = Self.sequences[word] {
          keys.append(key)
        } else if length == 1 {
          keys.append(.escape)
        }
      } else {
        let length = Self.characterLength(first)
        guard held.count >= length else { return keys }
        let text = String(decoding: held[..<length], as: UTF8.self)
        held.removeFirst(length)
        if let character = text.first, first >= 0x20, first != 0x7f {
          keys.append(.character(character))
        }
      }
    }
    return keys
  }

  /// Time has passed: what looked like the beginning of a sequence was a key of its own.
  package mutating func settle() -> [ScreenKey] {
    guard held.first == 0x1b else {
      held = []
      return []
    }
    held = []
    return [.escape]
  }

  /// Bytes of the sequence that ``held`` begins with; nil while it is not whole.
  private var sequenceLength: Int? {
    guard held.count > 1 else { return nil }
    switch held[1] {
    case UInt8(ascii: "O"): return held.count > 2 ? 3 : nil
    case UInt8(ascii: "["):
      // Parameters, then one byte that ends it.
      let end = held[2...].firstIndex { (0x40...0x7e).contains($0) }
      return end.map { $0 + 1 }
    default: return 1
    }
  }

  private static func characterLength(_ first: UInt8) -> Int {
    switch first {
    case 0xc0..<0xe0: 2
    case 0xe0..<0xf0: 3
    case 0xf0..<0xf8: 4
    default: 1
    }
  }
}
