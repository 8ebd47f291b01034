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

  /// The answer to a `reverse:` request.
  private func ask(_ service: String, timeout: Duration) async throws -> UInt16? {
    let channel = try await open(service, timeout: timeout)
    defer { channel.close() }
    return try await ReverseReply.port(of: service, over: channel, timeout: timeout)
  }
}
