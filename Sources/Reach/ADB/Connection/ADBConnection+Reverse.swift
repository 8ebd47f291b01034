import POSIXSupport

extension ADBConnection {
  /// Makes the device listen; each connection it takes arrives here as a stream.
  ///
  /// It ends with the connection: a device forgets it when the transport goes.
  /// - Parameters:
  ///   - deviceAddress: where the device listens, such as `tcp:0` or `localabstract:name`.
  ///   - timeout: for the device's answer.
  ///   - accept: gets each stream.
  /// - Returns: the device's TCP port where `tcp:0` asked for any, else nil.
  /// - Throws: ``ADBError``, `CancellationError`.
  package func reverse(
    _ deviceAddress: String, timeout: Duration = .seconds(20),
    accept: @escaping @Sendable (ADBStreamChannel) -> Void
  ) async throws -> UInt16? {
    // What the device will ask this side for; only names made here are ever accepted.
    let service = "localabstract:latgate-\(deviceAddress)"
    offer(service, accept: accept)
    do {
      return try await ask("reverse:forward:\(deviceAddress);\(service)", timeout: timeout)
    } catch {
      withdraw(service)
      throw error
    }
  }

  /// Makes the device stop listening at `deviceAddress`: with the port it was given.
  /// - Throws: ``ADBError``, `CancellationError`.
  package func endReverse(_ deviceAddress: String, timeout: Duration = .seconds(20)) async throws {
    _ = try await ask("reverse:killforward:\(deviceAddress)", timeout: timeout)
  }

  /// The device's reverse connections, one line each: `host-13 tcp:6100 tcp:7000`.
  /// - Throws: ``ADBError``, `CancellationError`.
  package func reverseList(timeout: Duration = .seconds(20)) async throws -> String {
    // This one answers without OKAY, with its length and text.
    let service = "reverse:list-forward"
    return try await mappingSocketErrors(service: service, timeout: timeout) {
      let channel = try await open(service, timeout: timeout)
      defer { channel.close() }
      var reader = BufferedChannel(channel)
      return try await ReverseReply.text(&reader, service, ContinuousClock.now + timeout)
    }
  }

  /// The answer to a `reverse:` request.
  private func ask(_ service: String, timeout: Duration) async throws -> UInt16? {
    let channel = try await open(service, timeout: timeout)
    defer { channel.close() }
    return try await ReverseReply.port(of: service, over: channel, timeout: timeout)
  }
}
