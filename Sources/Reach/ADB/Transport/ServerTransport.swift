import POSIXSupport

/// A device of an adb server.
package struct ServerTransport: ADBTransport {
  package let serial: String
  private let server: ADBServer

  /// `serial` names the device as for ``ServerSelector``.
  package init(serial: String, server: ADBServer) {
    self.serial = serial
    self.server = server
  }

  package func open(_ service: String, timeout: Duration) async throws -> any ByteChannel {
    do {
      return try await server.open(service, on: serial, timeout: timeout)
    } catch let refusal as ADBError {
      // A device in sideload, say, closes services without an answer.
      guard case .refused = refusal, let state = try? await server.state(of: serial),
        let reason = ADBError(state: state, serial: serial)
      else { throw refusal }
      throw reason
    }
  }

  package func features(timeout: Duration) async throws -> Set<String> {
    try await server.features(of: serial, timeout: timeout)
  }

  package func state(timeout: Duration) async throws -> DeviceState? {
    try await server.state(of: serial, timeout: timeout)
  }

  /// The server forgets a TCP device that was away for long, and keeps the dead connection of one
  /// that restarted.
  package func reconnect(timeout: Duration) async throws {
    guard serial.contains(":"), !serial.hasPrefix("usb:"),
      !serial.hasPrefix(ServerSelector.idPrefix)
    else { return }
    let state = try await server.state(of: serial, timeout: timeout)
    if state == .offline { try await server.disconnect(serial) }
    if state == nil || state == .offline { try await server.connect(serial, timeout: timeout) }
  }

  package func wait(until state: AwaitedState, timeout: Duration) async throws {
    try await server.wait(for: serial, until: state, timeout: timeout)
  }

  /// The server does not say how fast a device's USB is.
  package func isSlow() async -> Bool { false }

  package func neighbours() async -> [String] {
    let listed = (try? await server.devices()) ?? []
    return listed.map(\.title)
  }
}
