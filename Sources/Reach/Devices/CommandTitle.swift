/// What messages call a command line: its beginning.
///
/// A script of the tool's own says in a comment what it does, since its text means nothing to a
/// user: see ``titled(_:_:)``.
func commandTitle(_ command: String) -> String {
  // Ways to root wrap a script into quotes, which leaves its comment on a line of its own.
  if let own = command.firstMatch(of: /# latgate: ([^\n']+)/) { return String(own.1) }
  let line = command.prefix { !$0.isNewline }
  return line.count <= 60 ? "`\(line)`" : "`\(line.prefix(57))...`"
}

/// A command line that messages call `title`: words without quotes.
package func titled(_ title: String, _ command: String) -> String {
  "# latgate: \(title)\n\(command)"
}
