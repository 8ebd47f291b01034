import Foundation

/// The end of a log of the kernel's verifier, cut down to what helps: what is wrong, the C source
/// that it is wrong in, and the instruction.
package struct VerifierLog: Sendable, Equatable {
  /// Such as `R0 invalid mem access 'map_value_or_null'`.
  package var message: String
  /// The C source of the instruction, without indentation; nil where the object has no line
  /// information.
  package var source: String?
  /// The file's name and line, where the kernel says them.
  package var place: String?
  /// Such as `5: (7b) *(u64 *)(r0 +0) = r1`.
  package var instruction: String?
  /// Lines of the log that are left out, those among them that did not come.
  package var omitted: Int

  /// Nil where no line says what is wrong.
  /// - Parameter log: as the agent gives it: the last lines, without the verifier's statistics.
  package init?(_ log: String) {
    let lines = log.split(whereSeparator: \.isNewline).map { $0.drop { $0 == " " || $0 == "\t" } }
    guard let end = lines.lastIndex(where: Self.isMessage) else { return nil }
    message = String(lines[end])
    let before = lines[..<end]
    let comment = before.last { $0.hasPrefix(";") }
    instruction = before.last(where: Self.isInstruction).map { line in
      // The state of registers follows some.
      String(line.split(separator: ";", maxSplits: 1)[0]).trimmed
    }
    if let comment {
      let text = " " + String(comment.dropFirst()).trimmed
      // Since 6.9: `source @ file.c:12`, without the source where the compiler did not keep it.
      if let mark = text.range(of: " @ ", options: .backwards),
        text[mark.upperBound...].contains(":")
      {
        source = String(text[..<mark.lowerBound]).trimmed
        place = String(text[mark.upperBound...].split(separator: "/").last ?? "").trimmed
      } else {
        source = text.trimmed
      }
      if source?.isEmpty == true { source = nil }
    }
    let left = lines.first.flatMap { line -> Int? in
      guard line.hasPrefix("("), line.hasSuffix("lines before this)") else { return nil }
      return Int(line.dropFirst().prefix { $0.isNumber })
    }
    let shown = 1 + (comment == nil ? 0 : 1) + (instruction == nil ? 0 : 1)
    omitted = max(0, lines.count - (left == nil ? 0 : 1) - shown) + (left ?? 0)
  }

  /// The line of a source file, counted from 1, with its text: the one that the kernel names, else the
  /// first that ``source`` is; nil where there is none.
  package func line(in text: String) -> (number: Int, text: String)? {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    if let number = place?.split(separator: ":").last.flatMap({ Int($0) }),
      lines.indices.contains(number - 1)
    {
      return (number, String(lines[number - 1]).trimmed)
    }
    guard let source else { return nil }
    return lines.firstIndex { String($0).trimmed == source }.map { ($0 + 1, source) }
  }

  /// `12: (85) call …`
  private static func isInstruction(_ line: Substring) -> Bool {
    let rest = line.drop(while: \.isNumber)
    return rest.startIndex > line.startIndex && rest.hasPrefix(": (")
  }

  /// Neither an instruction, nor source, nor a state of registers.
  private static func isMessage(_ line: Substring) -> Bool {
    if line.isEmpty || line.hasPrefix(";") || line.hasPrefix("(") { return false }
    let starts = [
      "from ", "func#", "mark_precise:", "last_idx ", "first_idx ", "regs=", "parent ", "frame",
      "processed ", "caller:", "callee:", "returning from ", "to caller", "R0=", "R1=", "R10=",
    ]
    if starts.contains(where: { line.hasPrefix($0) }) { return false }
    // `12: R0=scalar() …` and `12: (85) …`
    let rest = line.drop(while: \.isNumber)
    if rest.startIndex > line.startIndex, rest.hasPrefix(":") { return false }
    // `R1_w=ctx() R2=…`
    let register = line.prefix { $0 != " " }
    return !(register.hasPrefix("R") && register.contains("="))
  }
}

extension String {
  /// Without blanks at either end.
  fileprivate var trimmed: String {
    let start = drop { $0 == " " || $0 == "\t" }
    return String(start.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
  }
}
