/// What is wrapped around a command, so that its end is distinct from the end of the connection.
///
/// `ssh` ends with 255 for its own failures, for a command that does, and for one that a signal
/// killed. Two lines on stderr with a random word report the process group when the
/// command begins, and its exit code when it ends.
struct SSHMarks: Sendable {
  private let word: String

  init() {
    word = "latgate-\(String(UInt64.random(in: .min ... .max), radix: 16))"
  }

  /// A command line for any login shell that knows `exec` and single quotes.
  func wrapped(_ command: String) -> String {
    let script = """
      echo \(word) group $$ >&2; sh -c \(shellQuote(command)); code=$?; echo \(word) exit $code >&2; \
      exit $code
      """
    return "exec sh -c \(shellQuote(script))"
  }

  /// What stderr shows.
  struct Reading: Sendable, Equatable {
    /// Nil = the command never began.
    var group: Int32?
    /// As a shell has it: 128 plus the signal for a killed command. Nil = its end was not seen.
    var exitCode: Int32?
    /// stderr without the marks.
    var rest: [UInt8]
  }

  func read(_ bytes: [UInt8]) -> Reading {
    var rest = bytes
    let group = Self.take("\(word) group ", from: &rest)
    let code = Self.take("\(word) exit ", from: &rest)
    return Reading(group: group, exitCode: code, rest: rest)
  }

  /// Removes the last line that begins with `mark`; it may follow text without a line's end.
  private static func take(_ mark: String, from bytes: inout [UInt8]) -> Int32? {
    guard let found = bytes.lastRange(of: Array(mark.utf8)),
      let end = bytes[found.upperBound...].firstIndex(of: UInt8(ascii: "\n"))
    else { return nil }
    let number = Int32(String(decoding: bytes[found.upperBound..<end], as: UTF8.self))
    bytes.removeSubrange(found.lowerBound...end)
    return number
  }
}

extension [UInt8] {
  /// The last place of a pattern that is not empty.
  fileprivate func lastRange(of pattern: [UInt8]) -> Range<Int>? {
    guard let first = pattern.first, count >= pattern.count else { return nil }
    for start in stride(from: count - pattern.count, through: 0, by: -1)
    where self[start] == first && self[start..<start + pattern.count].elementsEqual(pattern) {
      return start..<start + pattern.count
    }
    return nil
  }
}
