/// What a piece of a screen means.
package enum ScreenStyle: Sendable, Hashable {
  case plain, strong, dim, selected, bar, ghost, warning, mark
  /// How much of a column's events is in a cell: 1...``heatLevels``.
  case heat(Int)

  package static let heatLevels = 8
}

/// How styles are shown. Blue against orange, and a ramp that only grows lighter, are distinguished by
/// people of any colour vision; what matters is in the characters as well.
package enum ScreenPalette: Sendable, CaseIterable {
  case colour
  /// Bold and reverse only.
  case monochrome

  /// Of the 256 colours that every terminal in use has: dark blue to yellow.
  private static let ramp = [18, 25, 31, 37, 72, 107, 185, 227]

  /// Select Graphic Rendition parameters of ECMA-48; empty = none.
  func parameters(of style: ScreenStyle) -> String {
    switch (style, self) {
    case (.plain, _): ""
    case (.strong, _): "1"
    case (.selected, _): "7"
    case (.dim, _): "2"
    case (.bar, .colour): "38;5;75"
    case (.ghost, .colour): "38;5;214"
    case (.warning, .colour): "1;38;5;214"
    case (.mark, .colour): "1;38;5;231"
    case (.warning, .monochrome), (.mark, .monochrome): "1"
    case (.bar, .monochrome), (.ghost, .monochrome), (.heat, .monochrome): ""
    case (.heat(let level), .colour):
      "38;5;\(Self.ramp[min(max(level, 1), Self.ramp.count) - 1])"
    }
  }
}

/// The characters that pictures are made of.
package struct ScreenGlyphs: Sendable, Equatable {
  /// Of a whole cell, and of parts of it from the left, the smallest first.
  package var full: String
  package var parts: [String]
  /// Where only the reference has events, and where it ends inside a bar.
  package var ghost: String
  package var ghostEnd: String
  package var border: String
  package var mark: String
  package var cursor: String
  package var ellipsis: String
  package var arrows: String
  /// ``ScreenStyle/heatLevels`` of them, darker and darker.
  package var heat: [String]

  package static let unicode = ScreenGlyphs(
    full: "█", parts: ["▏", "▎", "▍", "▌", "▋", "▊", "▉"], ghost: "░", ghostEnd: "┃",
    border: "│", mark: "┊", cursor: "▸", ellipsis: "…", arrows: "↑↓",
    heat: ["·", "·", "░", "░", "▒", "▒", "▓", "█"])

  /// For terminals of other encodings.
  package static let ascii = ScreenGlyphs(
    full: "#", parts: [], ghost: ".", ghostEnd: "!", border: "|", mark: ":", cursor: ">",
    ellipsis: "~", arrows: "jk", heat: [".", ":", "-", "=", "+", "*", "%", "@"])
}
