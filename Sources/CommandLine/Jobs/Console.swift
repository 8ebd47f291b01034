import Foundation
import Glibc
import POSIXSupport
import Reporting
import Synchronization

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

  /// A result. One that cannot be written is an error, and ``hasLostResult`` from then on.
  package func print(_ text: String) {
    print(bytes: Array((text.hasSuffix("\n") ? text : text + "\n").utf8))
  }

  /// A result that is passed on as it came.
  package func print(bytes: [UInt8]) {
    let code = Self.write(bytes, to: STDOUT_FILENO)
    guard code != 0 else { return }
    // The run goes on: its result is the exit code.
    guard code != EPIPE else { return Self.closedPipe.store(true, ordering: .relaxed) }
    // Once: what follows has nowhere to go, either.
    guard !Self.lostResult.exchange(true, ordering: .relaxed) else { return }
    let fault = SystemCallError(call: "write", code: code, subject: "standard output")
    error("error: \(fault)")
  }

  private static let lostResult = Atomic(false)

  /// Whether a result did not get where it was to go, such as to a disk that is full.
  package static var hasLostResult: Bool { lostResult.load(ordering: .relaxed) }

  private static let closedPipe = Atomic(false)

  /// Whether nobody reads results any more, as after `| head`: what does nothing but print until it
  /// is interrupted is over then.
  package static var hasNoReader: Bool { closedPipe.load(ordering: .relaxed) }

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

  /// What another program said on its standard error, as it came.
  package func error(bytes: [UInt8]) {
    _ = Self.write(bytes, to: STDERR_FILENO)
  }

  private func write(_ text: String, to descriptor: Int32) {
    _ = Self.write(Array(text.utf8), to: descriptor)
  }

  /// Writes all bytes.
  /// - Returns: the `errno` of what kept them from being written, `EPIPE` where nobody reads; 0 where
  ///   nothing did, or where the descriptor was closed from the start.
  static func write(_ all: [UInt8], to descriptor: Int32) -> Int32 {
    var bytes = all[...]
    while !bytes.isEmpty {
      let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if written >= 0 {
        bytes = bytes.dropFirst(written)
        continue
      }
      switch errno {
      case EINTR: break
      case EAGAIN:
        // Another program has it as well, and does not want to wait.
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&entry, 1, -1)
      case EBADF: return 0
      case let code: return code
      }
    }
    return 0
  }
}

extension Console {
  /// Style of results on stdout.
  package var style: TextStyle { usesColor ? .colour : .plain }

  /// Style of messages on stderr.
  package var errorStyle: TextStyle { errorUsesColor ? .colour : .plain }
}
