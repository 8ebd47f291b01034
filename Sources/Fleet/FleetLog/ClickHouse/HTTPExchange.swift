import Foundation
import POSIXSupport

/// One request to a server and its whole answer, on the calling thread.
///
/// HTTP/1.0, so that the answer's end is that of the connection.
struct HTTPExchange {
  struct Answer {
    var status: Int
    var body: ArraySlice<UInt8>
  }

  let host: String
  let port: UInt16
  /// How long the server may say nothing.
  private static let silenceLimit = 60

  private var subject: String { "\(host):\(port)" }

  /// Sends a body by POST and reads the answer.
  /// - Throws: ``LogError``: of kind `away` when there is no whole answer.
  func post(_ target: String, _ body: [UInt8]) throws(LogError) -> Answer {
    // The server may go away while the body is sent.
    BrokenPipe.ignoreSignal()
    do {
      let descriptor = try connect()
      let head =
        "POST \(target) HTTP/1.0\r\nHost: \(host)\r\nContent-Length: \(body.count)\r\n\r\n"
      try descriptor.writeAll(Array(head.utf8) + body, subject: subject)
      var answer: [UInt8] = []
      while true {
        let part = try descriptor.read(upTo: 1 << 20, subject: subject)
        if part.isEmpty { break }
        answer += part
      }
      return try parse(answer)
    } catch {
      throw LogError(.away, error, path: subject)
    }
  }

  private func parse(_ answer: [UInt8]) throws(LogError) -> Answer {
    guard let end = answer.firstRange(of: Array("\r\n\r\n".utf8)) else {
      throw LogError(.away, path: subject, reason: "the answer has no header")
    }
    let head = String(decoding: answer[..<end.lowerBound], as: UTF8.self)
    let words = head.prefix { $0 != "\r\n" }.split(separator: " ")
    guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
      throw LogError(.unusable, path: subject, reason: "the answer is not that of a web server")
    }
    let body = answer[end.upperBound...]
    let lengths = head.split(separator: "\r\n").map { $0.lowercased() }
      .filter { $0.hasPrefix("content-length:") }
    if let length = lengths.first?.split(separator: ":").last,
      Int(length.trimmingCharacters(in: .whitespaces)) != body.count
    {
      throw LogError(.away, path: subject, reason: "the answer was cut off")
    }
    return Answer(status: status, body: body)
  }

  private func connect() throws -> OwnedDescriptor {
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, String(port), &hints, &list)
    guard code == 0 else {
      throw LogError(.away, path: subject, reason: String(cString: gai_strerror(code)))
    }
    defer { freeaddrinfo(list) }
    var failure = SystemCallError(call: "connect", code: EADDRNOTAVAIL, subject: subject)
    var next = list
    while let entry = next?.pointee {
      do { return try connect(entry) } catch { failure = error }
      next = entry.ai_next
    }
    throw failure
  }

  private func connect(_ address: addrinfo) throws(SystemCallError) -> OwnedDescriptor {
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    let number = try systemCall("socket", on: subject) { socket(address.ai_family, kind, 0) }
    let descriptor = OwnedDescriptor(adopting: number)
    var limit = timeval(tv_sec: Self.silenceLimit, tv_usec: 0)
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
      _ = setsockopt(
        number, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
    }
    try systemCall("connect", on: subject) {
      Glibc.connect(number, address.ai_addr, address.ai_addrlen)
    }
    return descriptor
  }
}
