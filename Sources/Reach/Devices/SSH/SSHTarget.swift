/// Where an ssh server is, and what its user keeps apart from the own ssh configuration.
package struct SSHTarget: Sendable, Hashable {
  /// Nil = as the user's ssh configuration has it.
  package var user: String?
  /// A name, an alias of the ssh configuration, or an IP address without brackets.
  package var host: String
  /// Nil = as the user's ssh configuration has it.
  package var port: UInt16?
  /// Path of a private key that is tried alone; nil = ssh's own choice.
  package var identity: String?
  /// Path of a configuration file that takes the place of the user's (`ssh -F`).
  package var configuration: String?

  package init(
    user: String? = nil, host: String, port: UInt16? = nil, identity: String? = nil,
    configuration: String? = nil
  ) {
    self.user = user
    self.host = host
    self.port = port
    self.identity = identity
    self.configuration = configuration
  }

  /// Reads `[user@]host[:port]`; an IPv6 address stands in brackets when a port follows.
  /// - Returns: nil for text that is none, also for a host or user that `ssh` would take for an
  ///   option.
  package init?(_ text: String) {
    var rest = text[...]
    if let at = rest.lastIndex(of: "@") {
      user = String(rest[..<at])
      rest = rest[rest.index(after: at)...]
    }
    if rest.hasPrefix("["), let end = rest.firstIndex(of: "]") {
      host = String(rest[rest.index(after: rest.startIndex)..<end])
      rest = rest[rest.index(after: end)...]
    } else if rest.count(where: { $0 == ":" }) > 1 {
      host = String(rest)
      rest = ""
    } else {
      let end = rest.firstIndex(of: ":") ?? rest.endIndex
      host = String(rest[..<end])
      rest = rest[end...]
    }
    if !rest.isEmpty {
      guard rest.hasPrefix(":"), let number = UInt16(rest.dropFirst()), number > 0 else {
        return nil
      }
      port = number
    }
    guard [user ?? "x", host].allSatisfy(Self.isWord) else { return nil }
  }

  /// As `ssh` takes it.
  var destination: String { user.map { "\($0)@\(host)" } ?? host }

  /// The address as a user writes it.
  var text: String {
    let place = port == nil || !host.contains(":") ? host : "[\(host)]"
    return (user.map { "\($0)@" } ?? "") + place + (port.map { ":\($0)" } ?? "")
  }

  private static func isWord(_ text: String) -> Bool {
    !text.isEmpty && !text.hasPrefix("-")
      && text.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7f }
  }
}
