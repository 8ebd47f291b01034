/// Pieces of Markdown that keep to a size.
struct MarkdownText {
  /// UTF-8 bytes that the document may have.
  let limit: Int
  private(set) var text = ""
  private var size = 0

  init(limit: Int) {
    self.limit = limit
  }

  /// Adds lines if they and `reserve` more bytes fit.
  /// - Returns: whether they did.
  mutating func add(_ lines: String, reserve: Int = 0) -> Bool {
    let bytes = lines.utf8.count
    guard size + bytes + reserve <= limit else { return false }
    text += lines
    size += bytes
    return true
  }

  /// Text from a device or a file that can neither end a cell or a line nor mean anything else.
  static func escaped(_ text: String) -> String {
    var result = ""
    for character in singleLine(text) {
      if "\\`*_[]<>|#~@&".contains(character) {
        // An entity, as hosts make links and mentions of what a backslash escapes.
        result += character.unicodeScalars.map { "&#\($0.value);" }.joined()
      } else {
        result.append(character)
      }
    }
    return result
  }

  /// Text in the letters of code. There a backslash means something within a table only.
  static func code(_ text: String, inTable: Bool) -> String {
    let code = singleLine(text).replacing("`", with: "'")
    return "`\(inTable ? code.replacing("|", with: "\\|") : code)`"
  }
}
