import POSIXSupport

/// One connection to the adb server, which serves one request, or one device's service.
///
/// Reads never take more than the answer at hand, because a device's own bytes may
/// follow it at once.
struct ServerConnection: Sendable {
  let socket: AsyncDescriptor
  /// Named by refusals; empty for requests to the server itself.
  let serial: String
  /// Nil = as long as it takes.
  let deadline: Deadline?

  /// Sends a request and waits for `OKAY`.
  /// - Throws: ``ADBError`` for a refusal or a malformed answer, and what the socket throws.
  func request(_ text: String) async throws {
    try await socket.write(SmartSocket.request(text), deadline: deadline)
    try await status(of: text)
  }

  /// Waits for `OKAY`.
  func status(of service: String) async throws {
    let word = try await read(4, of: service)
    switch String(decoding: word, as: UTF8.self) {
    case "OKAY":
      return
    case "FAIL":
      throw ADBError(refusal: try await string(of: service), service: service, serial: serial)
    default:
      throw ADBError.malformed(
        service: service, detail: "a status of the bytes \(word); is this an adb server?")
    }
  }

  /// Reads a text with its length before it.
  func string(of service: String) async throws -> String {
    let digits = try await read(4, of: service)
    guard let count = SmartSocket.parseLength(digits) else {
      throw ADBError.malformed(service: service, detail: "a length of the bytes \(digits)")
    }
    return String(decoding: try await read(count, of: service), as: UTF8.self)
  }

  private func read(_ count: Int, of service: String) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      let next = try await socket.read(upTo: count - bytes.count, deadline: deadline)
      if next.isEmpty {
        throw ADBError.disconnected(
          service: service, detail: "the adb server closed the connection without an answer")
      }
      bytes += next
    }
    return bytes
  }
}
