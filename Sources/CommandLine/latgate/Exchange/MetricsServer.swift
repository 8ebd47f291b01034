import POSIXSupport

/// Answers `GET /metrics` over HTTP/1.1, one request a connection.
struct MetricsServer: Sendable {
  /// What a client gets.
  struct Document: Sendable {
    var type: String
    var bytes: [UInt8]
  }

  /// Makes the document; gets the value of `Accept`.
  let document: @Sendable (String) async throws -> Document

  private static let mostRequest = 16 << 10
  /// Of a request's head.
  private static let end = Array("\r\n\r\n".utf8)
  private static let patience = Duration.seconds(10)
  /// Clients at a time; more wait until they are accepted. A process without a descriptor left cannot even
  /// wait: the runtime's timers take one.
  private static let mostClients = 16

  /// Serves until it is cancelled.
  /// - Throws: `SystemCallError`, `CancellationError`.
  func run(on socket: ListeningSocket) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      var clients = 0
      while true {
        if clients == Self.mostClients {
          try await group.next()
          clients -= 1
        }
        let client = try await socket.accept()
        clients += 1
        group.addTask {
          // A client that disconnects or sends nothing is no error.
          try? await serve(client)
          client.close()
        }
      }
    }
  }

  private func serve(_ client: AsyncDescriptor) async throws {
    let deadline = Deadline.now + Self.patience
    var bytes: [UInt8] = []
    while true {
      let next = try await client.read(deadline: deadline)
      guard !next.isEmpty else { return }
      // The end may lie across two reads; what is before it was looked at.
      let seen = max(0, bytes.count - (Self.end.count - 1))
      bytes += next
      if bytes[seen...].contains(Self.end) { break }
      guard bytes.count <= Self.mostRequest else {
        return try await answer(client, "431 Request Header Fields Too Large", deadline: deadline)
      }
    }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n")
    let words = (lines.first ?? "").split(separator: " ")
    guard words.count == 3, words[2].hasPrefix("HTTP/1.") else {
      return try await answer(client, "400 Bad Request", deadline: deadline)
    }
    guard words[0] == "GET" else {
      return try await answer(client, "405 Method Not Allowed", deadline: deadline)
    }
    guard words[1].prefix(while: { $0 != "?" }) == "/metrics" else {
      return try await answer(
        client, "404 Not Found", Document(type: "text/plain", bytes: Array("see /metrics\n".utf8)),
        deadline: deadline)
    }
    let accept = lines.dropFirst().first { $0.lowercased().hasPrefix("accept:") } ?? ""
    do {
      let made = try await document(String(accept.dropFirst("accept:".count)))
      try await answer(client, "200 OK", made, deadline: .now + Self.patience)
    } catch let error where !(error is CancellationError) {
      try await answer(
        client, "500 Internal Server Error",
        Document(type: "text/plain", bytes: Array("\(error)\n".utf8)), deadline: deadline)
    }
  }

  private func answer(
    _ client: AsyncDescriptor, _ status: String,
    _ document: Document = Document(type: "text/plain", bytes: []), deadline: Deadline
  ) async throws {
    let head =
      "HTTP/1.1 \(status)\r\nContent-Type: \(document.type)\r\n"
      + "Content-Length: \(document.bytes.count)\r\nConnection: close\r\n\r\n"
    try await client.write(Array(head.utf8) + document.bytes, deadline: deadline)
  }
}
