/// Why no ssh session came about, as far as it is known.
package enum SSHFailure: Sendable, Equatable {
  case nameNotResolved
  case refused
  /// Nothing answers at the address.
  case timedOut
  case noRoute
  case hostKeyChanged
  case hostKeyUnknown
  case authenticationFailed

  /// Reads what `ssh` (OpenSSH, `LogLevel=ERROR`) says before it gives up. Its words for system
  /// errors are the C library's, and not translated.
  /// - Returns: nil for words that name none of the cases.
  package init?(words: String) {
    let cases: [(String, SSHFailure)] = [
      ("REMOTE HOST IDENTIFICATION HAS CHANGED", .hostKeyChanged),
      ("Host key verification failed", .hostKeyUnknown),
      ("Permission denied (", .authenticationFailed),
      ("Too many authentication failures", .authenticationFailed),
      ("Could not resolve hostname", .nameNotResolved),
      ("Connection refused", .refused),
      ("timed out", .timedOut),
      ("No route to host", .noRoute),
      ("Network is unreachable", .noRoute),
    ]
    guard let found = cases.first(where: { words.contains($0.0) }) else { return nil }
    self = found.1
  }

  /// True for what a board shows while it starts.
  package var mayPass: Bool {
    switch self {
    case .refused, .timedOut, .noRoute, .nameNotResolved: true
    case .hostKeyChanged, .hostKeyUnknown, .authenticationFailed: false
    }
  }

  /// What happened, and what to do.
  var message: (what: String, remedy: String) {
    switch self {
    case .nameNotResolved:
      ("its name is not known to this machine", "correct it, or give an IP address")
    case .refused:
      (
        "nothing listens there (connection refused)",
        "start the board's ssh server, or correct the port: ssh:HOST:PORT"
      )
    case .timedOut:
      ("it does not answer (timed out)", "check that the board is up and on this network")
    case .noRoute:
      ("this machine has no way to it (no route)", "check the network and the address")
    case .hostKeyChanged:
      (
        "its host key is another one than before",
        "if the board was flashed, forget the old key with `ssh-keygen -R HOST` (as `ssh` shows "
          + "it), then connect once by hand; else another host may answer for it"
      )
    case .hostKeyUnknown:
      (
        "its host key is not known here",
        "connect once by hand with `ssh`, or set `StrictHostKeyChecking accept-new` for the host "
          + "in the ssh configuration"
      )
    case .authenticationFailed:
      (
        "it refuses this user's keys",
        "add a public key to its authorized_keys (`ssh-copy-id`), or name the private key by "
          + "`identity:` in the device file; latgate never asks for passwords"
      )
    }
  }
}
