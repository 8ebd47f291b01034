/// Commands on daemons that do not speak `shell,v2`, as before Android 7.
///
/// Their `exec:` service (Android 5 on) carries bytes both ways without a terminal, and nothing else:
/// stdout and stderr are one stream, and the exit code is not reported. A mark after its output
/// has it here.
package struct PlainShell: Sendable {
  private let mark: String

  package init() {
    self.init(mark: "latgate-\(String(UInt64.random(in: .min ... .max), radix: 16))")
  }

  init(mark: String) {
    self.mark = mark
  }

  /// The service that runs a command to its end, without stdin. `quote` makes one word of a shell's.
  package func service(_ command: String, quote: (String) -> String) -> String {
    // stdout goes out as it comes; stderr is kept and follows the mark. What the shells around the
    // command print, such as of a signal, is dropped.
    """
    exec:exec 3>&1 2> /dev/null; err=$(sh -c \(quote(command)) 2>&1 >&3 3>&- < /dev/null); code=$?; exec 3>&-; \
    printf '\\n%s %d\\n%s' \(mark) $code "$err"
    """
  }

  /// The service that runs a command whose stdin and stdout stay connected; its stderr is lost.
  package static func streamService(_ command: String, quote: (String) -> String) -> String {
    "exec:exec sh -c \(quote(command)) 2> /dev/null"
  }

  /// What a command said and how it ended.
  package struct Reading: Sendable, Equatable {
    package var exitCode: Int32
    package var standardOutput: [UInt8]
    package var standardError: [UInt8]
  }

  /// Reads all that ``service(_:quote:)`` sent; nil when the connection ended before the command.
  package func read(_ bytes: [UInt8]) -> Reading? {
    let pattern = Array("\n\(mark) ".utf8)
    guard let place = bytes.ranges(of: pattern).last,
      let end = bytes[place.upperBound...].firstIndex(of: UInt8(ascii: "\n")),
      let code = Int32(String(decoding: bytes[place.upperBound..<end], as: UTF8.self))
    else { return nil }
    return Reading(
      exitCode: code, standardOutput: Array(bytes[..<place.lowerBound]),
      standardError: Array(bytes[bytes.index(after: end)...]))
  }
}
