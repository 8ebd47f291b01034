import Foundation
import Glibc
import Reporting

/// Where output goes: results on stdout, progress and messages on stderr.
package struct Console: Sendable {
  package var quiet: Bool
  package var verbose: Bool
  private let noColor: Bool

  package init(quiet: Bool = false, verbose: Bool = false, noColor: Bool = false) {
    self.quiet = quiet
    self.verbose = verbose
    // https://no-color.org: any non-empty value switches colour off.
    let wish = ProcessInfo.processInfo.environment["NO_COLOR"] ?? ""
    self.noColor = noColor || !wish.isEmpty
  }

  /// Whether a person is watching progress.
  package var progressIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// Whether results may be coloured.
  package var usesColor: Bool { !noColor && isatty(STDOUT_FILENO) == 1 }

  /// Whether messages may be coloured.
  package var errorUsesColor: Bool { !noColor && isatty(STDERR_FILENO) == 1 }

  /// Columns for results. Where no terminal shows them they are for programs and logs: nothing is
  /// shortened or broken there.
  package var width: Int { Self.columns(of: STDOUT_FILENO) ?? 1 << 16 }

  /// Columns for progress and messages.
  package var progressWidth: Int { Self.columns(of: STDERR_FILENO) ?? 100 }

  private static func columns(of descriptor: Int32) -> Int? {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col >= 40 else { return nil }
    return Int(size.ws_col)
  }

  /// A result.
  package func print(_ text: String) {
    write(text.hasSuffix("\n") ? text : text + "\n", to: STDOUT_FILENO)
  }

  /// A step of the work; not with `--quiet`.
  package func note(_ text: String) {
    guard !quiet else { return }
    write(text + "\n", to: STDERR_FILENO)
  }

  /// A detail; only with `--verbose`.
  package func detail(_ text: String) {
    guard verbose else { return }
    write(text + "\n", to: STDERR_FILENO)
  }

  /// A line that replaces itself on a terminal.
  package func transient(_ text: String) {
    guard !quiet else { return }
    write("\r\u{1b}[K" + text, to: STDERR_FILENO)
  }

  /// What a result does not say by itself and must not be missed: with `--quiet` as well.
  package func warning(_ text: String) {
    write("warning: \(text)\n", to: STDERR_FILENO)
  }

  /// An error.
  package func error(_ text: String) {
    write(text.hasSuffix("\n") ? text : text + "\n", to: STDERR_FILENO)
  }

  // A closed pipe (`latgate … | head`) ends output, not the run: the result is the exit code.
  private func write(_ text: String, to descriptor: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if written < 0 {
        if errno == EINTR { continue }
        return
      }
      bytes = bytes.dropFirst(written)
    }
  }
}

extension Console {
  /// Style of results on stdout.
  package var style: TextStyle { usesColor ? .colour : .plain }

  /// Style of messages on stderr.
  package var errorStyle: TextStyle { errorUsesColor ? .colour : .plain }
}
