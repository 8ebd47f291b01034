import Glibc

/// SIGPIPE, which would end the tool when a peer closes first. Writes fail with EPIPE without it.
package enum BrokenPipe {
  private static let ignored: Void = {
    _ = signal(SIGPIPE, SIG_IGN)
  }()

  /// Turns SIGPIPE off for the process, once.
  package static func ignoreSignal() {
    ignored
  }
}
