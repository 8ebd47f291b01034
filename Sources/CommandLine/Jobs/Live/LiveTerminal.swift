import Dispatch
import Foundation
import Glibc
import Reporting
import Synchronization

/// The terminal of this process as a screen: keys and signals of its size come in, cells go out.
package final class LiveTerminal: Sendable {
  /// What a terminal says.
  package enum Event: Sendable, Equatable {
    case bytes([UInt8])
    /// Its size changed, or it was somebody else's for a while.
    case changed
    /// Nobody is at the other end any more.
    case gone
  }

  private let palette: ScreenPalette
  private let isOver = Atomic(false)
  private let shown = Mutex<ScreenCanvas?>(nil)
  private let sources = Mutex<[any DispatchSourceSignal]>([])

  /// A slice of waiting for keys: the longest that the thread outlives the screen.
  private static let slice: Int32 = 100

  /// - Parameter usesColour: otherwise bold and reverse only.
  package init(usesColour: Bool) {
    palette = usesColour ? .colour : .monochrome
  }

  /// Whether this process has a terminal that can be a screen.
  package static var isThere: Bool {
    let kind = ProcessInfo.processInfo.environment["TERM"] ?? ""
    return isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 && kind != "dumb"
  }

  /// Gives the terminal back, whoever has it; for those who end the process.
  package static func restore() { TerminalHold.giveBack() }

  /// The characters that the user's locale can show.
  package static var glyphs: ScreenGlyphs {
    let environment = ProcessInfo.processInfo.environment
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].compactMap { environment[$0] }
      .first { !$0.isEmpty }
    guard let locale = locale?.lowercased() else { return .unicode }
    return locale.contains("utf-8") || locale.contains("utf8") ? .unicode : .ascii
  }

  /// Columns and rows.
  package var size: (width: Int, height: Int) {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0
    else { return (80, 24) }
    return (Int(size.ws_col), Int(size.ws_row))
  }

  /// Takes the terminal; `receive` gets what it says, on any thread.
  /// - Returns: false where standard input is no terminal.
  package func open(_ receive: @escaping @Sendable (Event) -> Void) -> Bool {
    guard TerminalHold.take() else { return false }
    let queue = DispatchQueue(label: "terminal")
    let handlers: [(Int32, @Sendable () -> Void)] = [
      (SIGWINCH, { receive(.changed) }),
      (
        SIGTSTP,
        {
          TerminalHold.giveBack()
          kill(getpid(), SIGSTOP)
        }
      ),
      (
        SIGCONT,
        { [self] in
          guard !isOver.load(ordering: .acquiring), TerminalHold.take() else { return }
          shown.withLock { $0 = nil }
          receive(.changed)
        }
      ),
    ]
    sources.withLock { sources in
      sources = handlers.map { number, handle in
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
        source.setEventHandler(handler: handle)
        source.resume()
        return source
      }
    }
    Thread.detachNewThread { [self] in readKeys(receive) }
    return true
  }

  private func readKeys(_ receive: (Event) -> Void) {
    var bytes = [UInt8](repeating: 0, count: 256)
    while !isOver.load(ordering: .acquiring) {
      var entry = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
      guard poll(&entry, 1, Self.slice) > 0, !isOver.load(ordering: .acquiring) else { continue }
      let count = read(STDIN_FILENO, &bytes, bytes.count)
      if count > 0 {
        receive(.bytes(Array(bytes.prefix(count))))
      } else if count == 0 || errno != EINTR {
        return receive(.gone)
      }
    }
  }

  /// Sends what differs from what is shown. A terminal that takes nothing now is left alone: the next
  /// screen makes up for it.
  package func show(_ canvas: ScreenCanvas) {
    guard TerminalHold.isTaken else { return }
    shown.withLock { shown in
      let text = ScreenUpdate.text(from: shown, to: canvas, palette)
      var entry = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
      guard !text.isEmpty, poll(&entry, 1, 0) > 0 else { return }
      var bytes = Array(text.utf8)[...]
      while !bytes.isEmpty {
        let written = bytes.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
        if written < 0, errno == EINTR { continue }
        guard written > 0 else { return }
        bytes = bytes.dropFirst(written)
      }
      shown = canvas
    }
  }

  /// Gives the terminal back. Safe to repeat.
  package func close() {
    isOver.store(true, ordering: .releasing)
    sources.withLock { sources in
      for source in sources { source.cancel() }
      if !sources.isEmpty { signal(SIGTSTP, SIG_DFL) }
      sources = []
    }
    TerminalHold.giveBack()
  }
}
