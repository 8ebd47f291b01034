/// Whether a rendered text may carry colour. The caller decides; nothing here looks at a terminal.
package enum TextStyle: Sendable, CaseIterable {
  case plain
  case colour
}

/// What a piece of text means; only `TextStyle.colour` shows it.
enum Emphasis {
  case none, strong, dim, good, bad, doubtful

  /// Select Graphic Rendition parameters of ECMA-48.
  private var parameters: String {
    switch self {
    case .none: ""
    case .strong: "1"
    case .dim: "2"
    case .good: "32"
    case .bad: "1;31"
    case .doubtful: "33"
    }
  }

  /// The text with its emphasis. Plain text stays byte for byte what it is.
  func applied(to text: String, _ style: TextStyle) -> String {
    guard style == .colour, self != .none, !text.isEmpty else { return text }
    return "\u{1B}[\(parameters)m\(text)\u{1B}[0m"
  }
}

/// Text from a device, a file or a tool, made safe for one line of a terminal: control characters
/// become their pictures, so that nothing can move the cursor or fake a line.
func oneLine(_ text: String) -> String {
  var result = ""
  for scalar in text.unicodeScalars {
    switch scalar.value {
    case 0..<0x20: result.unicodeScalars.append(Unicode.Scalar(0x2400 + scalar.value) ?? "?")
    case 0x7f..<0xa0, 0x200e, 0x200f, 0x2028...0x202e, 0x2066...0x2069: result += "\u{FFFD}"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}

/// Text of any number of lines as one: line ends become spaces, the rest is as of ``oneLine(_:)``.
func singleLine(_ text: String) -> String { oneLine(text.replacing("\n", with: " ")) }
