import POSIXSupport

/// Where the adb server listens, as the `adb` program decides it.
package struct ServerAddress: Sendable, Equatable, CustomStringConvertible {
  package var socket: SocketAddress
  /// What `adb -L` is given when a server must be started; nil for a server elsewhere,
  /// which this machine cannot start.
  package var launchSpecification: String?

  package init(socket: SocketAddress, launchSpecification: String?) {
    self.socket = socket
    self.launchSpecification = launchSpecification
  }

  /// A server on this machine's loopback interface.
  package init(port: UInt16) {
    self.socket = .tcp(host: "127.0.0.1", port: port)
    self.launchSpecification = "tcp:\(port)"
  }

  package var description: String { socket.description }

  /// Reads `ADB_SERVER_SOCKET`, else `ANDROID_ADB_SERVER_ADDRESS` and
  /// `ANDROID_ADB_SERVER_PORT`, else the usual 127.0.0.1:5037.
  /// - Throws: ``ADBError/badServerAddress(variable:value:)``.
  package init(environment: [String: String]) throws(ADBError) {
    if let value = environment["ADB_SERVER_SOCKET"], !value.isEmpty {
      try self.init(specification: value)
      return
    }
    let portText = environment["ANDROID_ADB_SERVER_PORT"] ?? ""
    guard let port = portText.isEmpty ? 5037 : UInt16(portText), port > 0 else {
      throw .badServerAddress(variable: "ANDROID_ADB_SERVER_PORT", value: portText)
    }
    self.init(port: port)
    if let host = environment["ANDROID_ADB_SERVER_ADDRESS"], !host.isEmpty {
      self.init(socket: .tcp(host: host, port: port), launchSpecification: nil)
    }
  }

  /// Forms: `tcp:PORT`, `tcp:HOST:PORT`, `localfilesystem:PATH`, `localabstract:NAME`.
  private init(specification: String) throws(ADBError) {
    let bad = ADBError.badServerAddress(variable: "ADB_SERVER_SOCKET", value: specification)
    guard let colon = specification.firstIndex(of: ":") else { throw bad }
    let rest = String(specification[specification.index(after: colon)...])
    switch specification[..<colon] {
    case "tcp":
      guard let split = rest.lastIndex(of: ":") else {
        guard let port = UInt16(rest), port > 0 else { throw bad }
        self.init(port: port)
        return
      }
      let host = rest[..<split].trimmingBrackets
      guard let port = UInt16(rest[rest.index(after: split)...]), port > 0, !host.isEmpty else {
        throw bad
      }
      let isLocal = ["localhost", "127.0.0.1", "::1"].contains(host)
      self.init(
        socket: .tcp(host: host, port: port), launchSpecification: isLocal ? specification : nil)
    case "localfilesystem" where !rest.isEmpty:
      self.init(socket: .unix(path: rest), launchSpecification: specification)
    case "localabstract" where !rest.isEmpty:
      self.init(socket: .abstract(name: rest), launchSpecification: specification)
    default:
      throw bad
    }
  }
}

extension Substring {
  /// `[::1]` without its brackets.
  fileprivate var trimmingBrackets: String {
    hasPrefix("[") && hasSuffix("]") ? String(dropFirst().dropLast()) : String(self)
  }
}
