import POSIXSupport

/// What a device answers to `reverse:` requests: OKAY, then a text or nothing; or FAIL and a text.
package enum ReverseReply {
  /// Reads the answer.
  /// - Returns: the device's TCP port where `tcp:0` asked for any, else nil.
  /// - Throws: ``ADBError``, `CancellationError`.
  package static func port(
    of service: String, over channel: any ByteChannel, timeout: Duration
  ) async throws -> UInt16? {
    try await mappingSocketErrors(service: service, timeout: timeout) {
      try await port(of: service, over: channel, deadline: ContinuousClock.now + timeout)
    }
  }

  private static func port(
    of service: String, over channel: any ByteChannel, deadline: Deadline
  ) async throws -> UInt16? {
    var reader = BufferedChannel(channel)
    let status = try await reader.read(exactly: 4, service: service, deadline: deadline)
    switch String(decoding: status, as: UTF8.self) {
    case "OKAY":
      guard service.contains("forward:tcp:0;") else { return nil }
      let text = try await text(&reader, service, deadline)
      guard let port = UInt16(text) else {
        throw ADBError.malformed(service: service, detail: "“\(text.prefix(40))” instead of a port")
      }
      return port
    case "FAIL":
      let message = try await text(&reader, service, deadline)
      throw ADBError.refused(service: service, message: message)
    default:
      throw ADBError.malformed(service: service, detail: "\(status) instead of OKAY or FAIL")
    }
  }

  /// A text with its length in hex before it.
  private static func text(
    _ reader: inout BufferedChannel, _ service: String, _ deadline: Deadline
  ) async throws -> String {
    let digits = try await reader.read(exactly: 4, service: service, deadline: deadline)
    guard let length = SmartSocket.parseLength(digits) else {
      throw ADBError.malformed(service: service, detail: "\(digits) instead of a length")
    }
    let text = try await reader.read(exactly: length, service: service, deadline: deadline)
    return String(decoding: text, as: UTF8.self)
  }
}
