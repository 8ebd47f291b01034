/// How a command of a device's shell gets root's rights. The raw values stand in run records.
package enum RootWay: String, Sendable, Equatable, Codable, CaseIterable {
  /// The shell is root already, as after `adb root`.
  case root
  /// Android's userdebug builds: `su 0 sh -c …`.
  case suZero = "su 0"
  /// Magisk, util-linux, busybox, toybox: `su -c …`.
  case suCommand = "su -c"
  /// As ``suZero``, where the user has to be named: `su root sh -c …`.
  case suRoot = "su root"
  /// `sudo -n sh -c …`, without a question for a password.
  case sudo
  /// Not at all: an unprivileged shell.
  case shell

  /// The ways that have to be tried, in this order.
  static let candidates: [RootWay] = [.suZero, .suCommand, .suRoot, .sudo]

  /// The program it needs; nil = none.
  var program: String? {
    switch self {
    case .root, .shell: nil
    case .suZero, .suCommand, .suRoot: "su"
    case .sudo: "sudo"
    }
  }

  package var isRoot: Bool { self != .shell }

  /// The shell command line that runs another one with root's rights.
  ///
  /// Every way ends in `sh -c` with one word, so that `command` is read by a POSIX shell once, the
  /// same on all of them. `su -c` gives its word to root's login shell, which need not be one.
  package func line(_ command: String) -> String {
    switch self {
    case .root, .shell: command
    case .suZero: "su 0 sh -c \(shellQuote(command))"
    case .suRoot: "su root sh -c \(shellQuote(command))"
    case .suCommand: "su -c \(shellQuote("exec sh -c \(shellQuote(command))"))"
    case .sudo: "sudo -n sh -c \(shellQuote(command))"
    }
  }
}

/// What a device file says of root's rights.
package enum PrivilegeWish: String, Sendable, CaseIterable {
  /// Root where there is a way to it, else the shell's user.
  case auto
  /// The shell must be root by itself.
  case root
  /// Root is needed, by `su` or `sudo` where the shell has it not.
  case su
  /// Whatever the shell is; `su` is not tried.
  case shell
}
