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
      let text = try await ask("reverse:forward:\(deviceAddress);\(service)", timeout: timeout)
      return UInt16(text)
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
      return try await lengthAndText(&reader, service, ContinuousClock.now + timeout)
    }
  }

  /// The answer to a `reverse:` request: OKAY, then a text or nothing; or FAIL and a text.
  private func ask(_ service: String, timeout: Duration) async throws -> String {
    let deadline = ContinuousClock.now + timeout
    return try await mappingSocketErrors(service: service, timeout: timeout) {
      let channel = try await open(service, timeout: timeout)
      defer { channel.close() }
      var reader = BufferedChannel(channel)
      let status = try await reader.read(exactly: 4, service: service, deadline: deadline)
      switch String(decoding: status, as: UTF8.self) {
      case "OKAY":
        guard service.contains("forward:tcp:0;") else { return "" }
        return try await lengthAndText(&reader, service, deadline)
      case "FAIL":
        let message = try await lengthAndText(&reader, service, deadline)
        throw ADBError.refused(service: service, message: message)
      default:
        throw ADBError.malformed(service: service, detail: "\(status) instead of OKAY or FAIL")
      }
    }
  }

  private func lengthAndText(
    _ reader: inout BufferedChannel, _ service: String, _ deadline: Deadline
  ) async throws -> String {
    let digits = try await reader.read(exactly: 4, service: service, deadline: deadline)
    guard let length = Int(String(decoding: digits, as: UTF8.self), radix: 16) else {
      throw ADBError.malformed(service: service, detail: "\(digits) instead of a length")
    }
    let text = try await reader.read(exactly: length, service: service, deadline: deadline)
    return String(decoding: text, as: UTF8.self)
  }
}
