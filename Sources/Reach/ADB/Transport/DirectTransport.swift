import POSIXSupport

/// A device spoken to without an adb server. One connection carries all services; it is made when
/// it is first needed, and again after it was lost.
package actor DirectTransport: ADBTransport {
  package nonisolated let serial: String
  private let keys: ADBKeyStore
  private let connect: @Sendable (Duration) async throws -> any ADBLink
  private var connection: ADBConnection?
  private var attempt: Task<ADBConnection, any Error>?

  /// - Parameters:
  ///   - serial: for messages.
  ///   - keys: offered to a device that asks for proof.
  ///   - connect: makes a link within a time.
  package init(
    serial: String, keys: ADBKeyStore,
    connect: @escaping @Sendable (Duration) async throws -> any ADBLink
  ) {
    self.serial = serial
    self.keys = keys
    self.connect = connect
  }

  /// A device on USB, named by its serial number or its path, such as `1-2.3`; empty = the only
  /// one. It is looked for anew whenever the connection was lost.
  package init(usb selector: String, keys: ADBKeyStore) {
    self.init(serial: "usb:\(selector)", keys: keys) { _ in
      try await offloaded { try USBDevice.open(selector) }
    }
  }

  /// A device that listens on TCP, as after `adb tcpip 5555`.
  package init(host: String, port: UInt16, keys: ADBKeyStore) {
    self.init(serial: "tcp:\(host):\(port)", keys: keys) { timeout in
      try await TCPLink.connect(host: host, port: port, timeout: timeout)
    }
  }

  deinit {
    connection?.close()
  }

  package func open(_ service: String, timeout: Duration) async throws -> any ByteChannel {
    try await online(timeout: timeout).open(service, timeout: timeout)
  }

  package func features(timeout: Duration) async throws -> Set<String> {
    let connection = try await online(timeout: timeout)
    return connection.banner.features.intersection(ADBFeatures.all)
  }

  /// The live connection.
  package func online(timeout: Duration) async throws -> ADBConnection {
    if let connection, connection.failure == nil { return connection }
    if let attempt { return try await attempt.value }
    let (keys, connect, serial, lost) = (keys, connect, serial, connection)
    let attempt = Task {
      // A USB interface is free only when the old connection has let go of it.
      await lost?.finished()
      let link = try await connect(timeout)
      do {
        return try await ADBConnection.open(over: link, keys: keys.keys, timeout: timeout)
      } catch ADBError.unauthorized {
        throw ADBError.unauthorized(serial: serial)
      }
    }
    self.attempt = attempt
    defer { self.attempt = nil }
    let made = try await attempt.value
    connection = made
    return made
  }

  package func state(timeout: Duration) async throws -> DeviceState? {
    guard let connection, connection.failure == nil else { return nil }
    return connection.banner.state
  }

  package func reconnect(timeout: Duration) async throws {
    _ = try await online(timeout: timeout)
  }

  package func wait(until state: AwaitedState, timeout: Duration) async throws {
    let deadline = ContinuousClock.now + timeout
    while true {
      // It may have come, or gone, since the last look.
      _ = try? await online(timeout: min(timeout, .seconds(5)))
      try Task.checkCancellation()
      if state.holds(for: try await self.state(timeout: timeout)) { return }
      if ContinuousClock.now >= deadline {
        throw ADBError.timedOut(service: "wait-for-\(state.rawValue)", after: timeout)
      }
      try await Task.sleep(for: .milliseconds(250))
    }
  }

  package func isSlow() async -> Bool { connection?.link.isSlow ?? false }

  package nonisolated func neighbours() async -> [String] {
    guard serial.hasPrefix("usb:") else { return [] }
    let found = (try? await offloaded { try USBDevice.list() }) ?? []
    return found.map { "usb:\($0.serial.isEmpty ? $0.path : $0.serial)" }
  }

  /// Ends the connection; a later call makes a new one.
  package func disconnect() {
    connection?.close()
    connection = nil
  }
}
