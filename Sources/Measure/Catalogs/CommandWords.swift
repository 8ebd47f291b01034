/// Why a command line could not be split into words.
enum CommandWordsError: Error, Equatable {
  case openQuote(Character)
  /// An unquoted character that only a shell gives a meaning.
  case shellSyntax(Character)
  case empty
}

/// Splits a command line into its words as a POSIX shell would, without any expansion.
///
/// The agent starts programs directly, so a character that would need a shell is an error
/// rather than passed on by surprise.
func commandWords(_ line: String) throws(CommandWordsError) -> [String] {
  var words: [String] = []
  var word: String?
  var quote: Character?
  var escaped = false
  for character in line {
    if escaped {
      word = (word ?? "") + String(character)
      escaped = false
    } else if character == "\\", quote != "'" {
      escaped = true
      word = word ?? ""
    } else if let open = quote {
      if character == open {
        quote = nil
      } else if open == "\"", character == "$" || character == "`" {
        throw .shellSyntax(character)
      } else {
        word = (word ?? "") + String(character)
      }
    } else if character == "'" || character == "\"" {
      quote = character
      word = word ?? ""
    } else if character.isWhitespace {
      if let done = word { words.append(done) }
      word = nil
    } else if "|&;<>()$`*?[]{}!~#".contains(character) {
      throw .shellSyntax(character)
    } else {
      word = (word ?? "") + String(character)
    }
  }
  if let open = quote { throw .openQuote(open) }
  if escaped { throw .openQuote("\\") }
  if let done = word { words.append(done) }
  if words.isEmpty { throw .empty }
  return words
}
