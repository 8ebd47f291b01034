import ADB

extension ADBDevice {
  /// Lets programs on the device connect to an address of this machine, until the task is
  /// cancelled or the connection ends.
  /// - Parameters:
  ///   - remote: where the device listens: `tcp:PORT`, `tcp:0` for any port, `localabstract:NAME`.
  ///   - local: `tcp:PORT`, `tcp:HOST:PORT`, `localabstract:NAME` or `localfilesystem:PATH`.
  ///   - ready: gets the address at which the device listens.
  /// - Throws: ``DeviceError``; `CancellationError`.
  package func reverse(
    _ remote: String, to local: String, ready: @Sendable (String) -> Void
  ) async throws {
    let limit: Duration = .seconds(20)
    try await mapping("reverse \(remote)", limit: limit) {
      let relay = try SocketRelay(local)
      guard let direct = transport as? DirectTransport else {
        return try await reverseByServer(remote, local, limit: limit, ready: ready)
      }
      let connection = try await direct.online(timeout: limit)
      let port = try await connection.reverse(remote, timeout: limit) { channel in
        Task { await relay.carry(channel) }
      }
      let place = port.map { "tcp:\($0)" } ?? remote
      ready(place)
      try await withTaskCancellationHandler {
        await connection.finished()
        try Task.checkCancellation()
        throw connection.failure
          ?? ADBError.disconnected(service: "reverse", detail: "the connection ended")
      } onCancel: {
        // The device forgets its listeners with the connection.
        connection.close()
      }
    }
  }

  /// The adb server carries the bytes; the listener is taken back at the end.
  private func reverseByServer(
    _ remote: String, _ local: String, limit: Duration, ready: @Sendable (String) -> Void
  ) async throws {
    let port = try await ask("reverse:forward:\(remote);\(local)", limit: limit)
    let place = port.map { "tcp:\($0)" } ?? remote
    ready(place)
    do {
      while try await transport.state(timeout: limit) != nil {
        try await Task.sleep(for: .seconds(1))
      }
    } catch is CancellationError {
      let device = self
      // A task of its own, as this one is cancelled.
      _ = try? await Task {
        try await device.ask("reverse:killforward:\(place)", limit: limit)
      }.value
      throw CancellationError()
    }
    throw ADBError.deviceNotFound(serial: name)
  }

  private func ask(_ service: String, limit: Duration) async throws -> UInt16? {
    let channel = try await transport.open(service, timeout: limit)
    defer { channel.close() }
    return try await ReverseReply.port(of: service, over: channel, timeout: limit)
  }
}
