/// The words and signs of a line, with their places.
struct MeasureLexer {
  struct Token: Equatable {
    enum Kind: Equatable {
      case word
      /// Without its quotes.
      case text
      case sign
    }

    var kind: Kind
    var text: String
    var range: Range<Int>
  }

  private static let signs = [
    "==", "!=", "<=", ">=", "&&", "||", "<", ">", "=", "&", "~", ",", "(", ")",
  ]

  /// - Throws: ``MeasureError`` for a character that has no meaning, and for a text without an end.
  static func tokens(of line: String) throws(MeasureError) -> [Token] {
    let characters = Array(line)
    var tokens: [Token] = []
    var at = 0
    while at < characters.count {
      let character = characters[at]
      if character.isWhitespace {
        at += 1
      } else if character == "'" || character == "\"" {
        guard let end = characters[(at + 1)...].firstIndex(of: character) else {
          throw MeasureError(
            "the text has no end", suggestion: String(characters[at...]) + String(character),
            line: line, range: at..<characters.count)
        }
        tokens.append(
          Token(kind: .text, text: String(characters[(at + 1)..<end]), range: at..<end + 1))
        at = end + 1
      } else if let sign = signs.first(where: { characters[at...].starts(with: Array($0)) }) {
        tokens.append(Token(kind: .sign, text: sign, range: at..<at + sign.count))
        at += sign.count
      } else if isOfWord(character) {
        let end = characters[at...].firstIndex { !isOfWord($0) } ?? characters.count
        tokens.append(Token(kind: .word, text: String(characters[at..<end]), range: at..<end))
        at = end
      } else {
        throw MeasureError(
          "'\(character)' has no meaning here", suggestion: meant(by: character),
          remedy: "write names, numbers, ~ , ( ) and == != < <= > >= &", line: line,
          range: at..<at + 1)
      }
    }
    return tokens
  }

  /// What people write from habits of other tools.
  private static func meant(by character: Character) -> String? {
    ["|": "||", ";": ",", "!": "!=", "→": "~", "[": "by", "{": "where"][character]
  }

  private static func isOfWord(_ character: Character) -> Bool {
    character.isLetter || character.isNumber || "_:/.*$@%-+".contains(character)
  }
}
