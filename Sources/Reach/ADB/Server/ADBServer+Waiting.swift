import POSIXSupport

/// What can be waited for.
package enum AwaitedState: String, Sendable, CaseIterable {
  case device
  case recovery
  case rescue
  case sideload
  case bootloader
  /// There, in whatever state.
  case any
  /// Gone.
  case disconnect

  /// Whether a device is in it; nil = not there.
  package func holds(for state: DeviceState?) -> Bool {
    switch self {
    case .any: state != nil
    case .disconnect: state == nil
    default: state?.word == rawValue
    }
  }
}

extension ADBServer {
  /// The device list from now on. The time-out is for the server's first answer alone.
  package func track(timeout: Duration = .seconds(10)) async throws -> DeviceTracker {
    do {
      return try await track("host:track-devices-l", timeout: timeout)
    } catch ADBError.refused {
      // Servers before adb 28 have the short form only.
      return try await track("host:track-devices", timeout: timeout)
    }
  }

  private func track(_ service: String, timeout: Duration) async throws -> DeviceTracker {
    let deadline = ContinuousClock.now + timeout
    return try await mappingSocketErrors(service: service, timeout: timeout) {
      let socket = try await openSocket(deadline: deadline)
      do {
        try await ServerConnection(socket: socket, serial: "", deadline: deadline).request(service)
      } catch {
        socket.close()
        throw error
      }
      return DeviceTracker(
        connection: ServerConnection(socket: socket, serial: "", deadline: nil), service: service)
    }
  }

  /// Returns when a device is in a state, also one that the server does not list yet.
  package func wait(
    for serial: String, until state: AwaitedState, timeout: Duration
  ) async throws {
    let request = ServerSelector(serial).request("wait-for-any-\(state.rawValue)")
    try await withConnection(service: request, serial: serial, timeout: timeout) { connection in
      // The first OKAY says that the server waits, the second that the state is there.
      try await connection.request(request)
      try await connection.status(of: request)
    }
  }
}
