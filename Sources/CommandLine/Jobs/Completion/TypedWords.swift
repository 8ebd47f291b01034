/// A command line that is being typed, as a shell's completion sees it.
package struct TypedWords: Sendable {
  private let words: [String]

  package init(_ words: [String]) { self.words = words }

  /// The value that an option has so far, as `--option value` or `--option=value`; the last one
  /// where it was given more than once.
  package func value(of option: String) -> String? {
    let values: [String] = words.indices.compactMap { index in
      if words[index].hasPrefix("\(option)=") {
        return String(words[index].dropFirst(option.count + 1))
      }
      guard words[index] == option, words.indices.contains(index + 1),
        !words[index + 1].hasPrefix("-")
      else { return nil }
      return words[index + 1]
    }
    return values.last { !$0.isEmpty }
  }

  /// The first word that is among some names, such as the suite of a check.
  package func first(among names: some Collection<String>) -> String? {
    words.first(where: names.contains)
  }
}
