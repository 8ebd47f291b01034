import Foundation
import POSIXSupport

/// A request that hands a document to an HTTP server, and what the server answers.
///
/// HTTP/1.0, so that no answer comes in chunks and the connection ends with it; without TLS, which
/// a collector beside this program does better.
package struct HTTPPost: Sendable, Equatable {
  /// Where to, `http://HOST[:PORT][/PATH]`.
  package struct Address: Sendable, Equatable {
    package var host: String
    package var port: UInt16
    /// With its query.
    package var path: String

    /// - Parameters:
    ///   - text: as a user writes it.
    ///   - port: where the text names none.
    ///   - path: where the text has none.
    /// - Throws: ``PushError`` for anything but an address of plain HTTP.
    package init(_ text: String, port: UInt16, path: String) throws(PushError) {
      guard let parts = URLComponents(string: text), let host = parts.host, !host.isEmpty else {
        throw PushError(
          place: text, problem: "is no address; write http://HOST:PORT", isUsage: true)
      }
      guard parts.scheme == "http" else {
        throw PushError(
          place: text,
          problem: "is not plain HTTP: name a collector beside this program, which may pass it on "
            + "by TLS", isUsage: true)
      }
      guard parts.user == nil, parts.fragment == nil, parts.port.map({ 1...65535 ~= $0 }) ?? true
      else {
        throw PushError(
          place: text, problem: "has a user, a fragment or a port beyond 65535", isUsage: true)
      }
      self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
      self.port = parts.port.map(UInt16.init) ?? port
      let own = parts.percentEncodedPath
      self.path =
        (own.isEmpty || own == "/" ? path : own)
        + (parts.percentEncodedQuery.map { "?\($0)" } ?? "")
    }
  }

  /// What a server answered.
  package struct Answer: Sendable, Equatable {
    package var status: Int
    /// Seconds of `Retry-After`; nil without it, or where it is a date.
    package var retryAfter: Int?
    package var body: [UInt8]

    /// - Throws: ``PushError`` where the bytes are no answer of HTTP/1.
    package init(_ bytes: [UInt8], from place: String) throws(PushError) {
      let end = Array("\r\n\r\n".utf8)
      guard let head = bytes.firstRange(of: end) else {
        throw PushError(
          place: place, problem: "ended its answer before the answer's head was whole")
      }
      let lines = String(decoding: bytes[..<head.lowerBound], as: UTF8.self)
        .split(separator: "\r\n")
      guard let found = lines.first?.prefixMatch(of: /HTTP\/1\.[01] ([0-9]{3})/),
        let status = Int(found.1)
      else { throw PushError(place: place, problem: "does not speak HTTP/1") }
      self.status = status
      let wait = lines.dropFirst().first { $0.lowercased().hasPrefix("retry-after:") }
      retryAfter = wait.flatMap {
        Int($0.dropFirst("retry-after:".count).trimmingCharacters(in: .whitespaces))
      }
      body = Array(bytes[head.upperBound...])
    }
  }

  package var address: Address
  package var type: String
  package var headers: [(name: String, value: String)]
  package var body: [UInt8]

  /// A server says what it has to say in less.
  private static let mostAnswer = 1 << 20
  private static let patience = Duration.seconds(30)

  package init(
    to address: Address, type: String, headers: [(name: String, value: String)] = [], body: [UInt8]
  ) {
    self.address = address
    self.type = type
    self.headers = headers
    self.body = body
  }

  package static func == (left: HTTPPost, right: HTTPPost) -> Bool { left.bytes == right.bytes }

  /// The request as it is sent.
  package var bytes: [UInt8] {
    let host = address.host.contains(":") ? "[\(address.host)]" : address.host
    var lines = [
      "POST \(address.path) HTTP/1.0", "Host: \(host):\(address.port)", "User-Agent: latgate",
      "Content-Type: \(type)", "Content-Length: \(body.count)",
    ]
    lines += headers.map { "\($0.name): \($0.value)" }
    return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body
  }

  /// Sends it.
  /// - Returns: the answer, whatever its status.
  /// - Throws: `SystemCallError`, `NameLookupError`, `TimeoutError`, ``PushError``,
  ///   `CancellationError`.
  package func send() async throws -> Answer {
    let place = "\(address.host):\(address.port)"
    let deadline = Deadline.now + Self.patience
    let socket = try await SocketAddress.tcp(host: address.host, port: address.port)
      .connect(deadline: deadline)
    defer { socket.close() }
    try await socket.write(bytes, deadline: deadline)
    var answer: [UInt8] = []
    while true {
      let next = try await socket.read(deadline: deadline)
      if next.isEmpty { break }
      answer += next
      guard answer.count <= Self.mostAnswer else {
        throw PushError(place: place, problem: "answers with more than \(Self.mostAnswer) bytes")
      }
    }
    return try Answer(answer, from: place)
  }
}

/// Why something was not handed to a server.
package struct PushError: Error, Sendable, Equatable, CustomStringConvertible {
  package var place: String
  package var problem: String
  /// Whether the user has to ask for something else.
  package var isUsage: Bool

  package init(place: String, problem: String, isUsage: Bool = false) {
    self.place = place
    self.problem = problem
    self.isUsage = isUsage
  }

  package var description: String { "\(place) \(problem)" }
}
