/// What is wrong with a line, where, and what to do.
package struct MeasureError: Error, Sendable, Equatable {
  /// Without a full stop.
  package var message: String
  /// What the user most likely meant, to be written in place of what is wrong; nil where nothing
  /// is near.
  package var suggestion: String?
  /// What to do, without a full stop.
  package var remedy: String
  package var line: String
  /// The characters that are wrong, counted from 0; empty = something is missing there.
  package var range: Range<Int>

  package init(
    _ message: String, suggestion: String? = nil, remedy: String? = nil, line: String,
    range: Range<Int>
  ) {
    self.message = message
    self.suggestion = suggestion
    let question = suggestion.map { "did you mean '\($0)'?" }
    self.remedy = [question, remedy].compactMap(\.self).joined(separator: " ")
    self.line = line
    self.range = range
  }

  /// The line, and a line that underlines what is wrong.
  package var underlined: [String] {
    let marks = String(repeating: "^", count: max(1, range.count))
    return [line, String(repeating: " ", count: range.lowerBound) + marks]
  }
}

extension MeasureError: CustomStringConvertible {
  package var description: String {
    (["\(message) (\(remedy))"] + underlined).joined(separator: "\n")
  }
}
