import Glibc
import Synchronization

/// The terminal's state from before a screen took it, and the way back, which must work at any moment: in
/// handlers of signals, beside any other thread.
enum TerminalHold {
  /// Leaves reverse video, wraps lines, shows the cursor, and goes back to the screen of before.
  private static let wayBack = Array("\u{1b}[0m\u{1b}[?7h\u{1b}[?25h\u{1b}[?1049l".utf8)
  private static let wayIn = Array("\u{1b}[?1049h\u{1b}[?25l\u{1b}[?7l\u{1b}[0m\u{1b}[2J".utf8)

  /// Memory that a handler may read without any lock; set before ``isHeld``.
  nonisolated(unsafe) private static let before = UnsafeMutablePointer<termios>.allocate(
    capacity: 1)
  nonisolated(unsafe) private static let bytes: UnsafeMutableBufferPointer<UInt8> = {
    let memory = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: wayBack.count)
    _ = memory.initialize(from: wayBack)
    return memory
  }()
  private static let isHeld = Atomic(false)

  /// What ends a process without unwinding anything.
  private static let crashes = [SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGABRT, SIGFPE, SIGQUIT]

  /// Keys come one by one and are not shown; ctrl-C and ctrl-Z stay signals.
  /// - Returns: false where standard input is no terminal.
  static func take() -> Bool {
    var settings = termios()
    if isTaken {
      // Another program had it while this one was stopped.
      settings = before.pointee
    } else {
      guard tcgetattr(STDIN_FILENO, &settings) == 0 else { return false }
      before.initialize(to: settings)
      _ = bytes.count
    }
    settings.c_lflag &= ~tcflag_t(ICANON | ECHO | IEXTEN)
    settings.c_iflag &= ~tcflag_t(IXON | ICRNL | INLCR)
    withUnsafeMutableBytes(of: &settings.c_cc) { keys in
      keys[Int(VMIN)] = 1
      keys[Int(VTIME)] = 0
    }
    guard tcsetattr(STDIN_FILENO, TCSADRAIN, &settings) == 0 else { return false }
    isHeld.store(true, ordering: .releasing)
    catchCrashes()
    _ = wayIn.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
    return true
  }

  /// Whether a screen has the terminal.
  static var isTaken: Bool { isHeld.load(ordering: .acquiring) }

  /// Safe to repeat, and in handlers of signals.
  static func giveBack() {
    guard isHeld.exchange(false, ordering: .acquiringAndReleasing) else { return }
    _ = write(STDOUT_FILENO, bytes.baseAddress, bytes.count)
    tcsetattr(STDIN_FILENO, TCSANOW, before)
  }

  private static func catchCrashes() {
    for number in crashes {
      var action = sigaction()
      action.__sigaction_handler.sa_handler = { number in
        TerminalHold.giveBack()
        // Its default action is in force again.
        raise(number)
      }
      action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND) | UInt32(SA_NODEFER))
      sigaction(number, &action, nil)
    }
  }
}
