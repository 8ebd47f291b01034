/// Columns that characters take on a terminal.
enum CharacterWidth {
  /// Scalars that East Asian Width (Unicode's annex 11) calls wide, and pictures that terminals
  /// show as wide.
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115f, 0x2329...0x232a, 0x2e80...0x303e, 0x3041...0x4dbf, 0x4e00...0xa4cf,
    0xa960...0xa97f, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe10...0xfe19, 0xfe30...0xfe6f,
    0xff00...0xff60, 0xffe0...0xffe6, 0x1f300...0x1f64f, 0x1f680...0x1f6ff, 0x1f900...0x1f9ff,
    0x1fa70...0x1faff, 0x20000...0x3fffd,
  ]

  /// 0 for what only marks its neighbour, 2 for wide ones, else 1.
  static func columns(of character: Character) -> Int {
    guard let first = character.unicodeScalars.first else { return 0 }
    // Nearly all text is this.
    if first.value < 0x300 { return 1 }
    switch first.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    // The sign after it asks for a picture.
    if character.unicodeScalars.contains("\u{FE0F}") { return 2 }
    return wide.contains { $0.contains(first.value) } ? 2 : 1
  }

  static func columns(of text: String) -> Int {
    text.reduce(0) { $0 + columns(of: $1) }
  }
}

/// The text in at most `width` columns, cut in the middle as by ``shortened(_:to:)``.
func fitted(_ text: String, columns width: Int, ellipsis: String = "…") -> String {
  guard CharacterWidth.columns(of: text) > width else { return text }
  guard width > 1 else { return "" }
  let head = width / 2
  return prefix(of: text, head) + ellipsis
    + String(prefix(of: String(text.reversed()), width - 1 - head).reversed())
}

/// As many characters as take at most so many columns.
private func prefix(of text: String, _ width: Int) -> String {
  var left = width
  return String(
    text.prefix { character in
      left -= CharacterWidth.columns(of: character)
      return left >= 0
    })
}
