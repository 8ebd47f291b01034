import Glibc

/// A TCP port on which connections are accepted without blocking a thread.
package final class ListeningSocket: Sendable {
  private let number: Int32
  /// The port, also where any free one was asked for.
  package let port: UInt16
  private let subject: String

  /// - Parameters:
  ///   - host: a numeric IPv4 address, such as `127.0.0.1` or `0.0.0.0`.
  ///   - port: 0 takes any free one.
  /// - Throws: ``SystemCallError``: the address is none, or in use.
  package init(host: String, port: UInt16) throws(SystemCallError) {
    let subject = "\(host):\(port)"
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    guard inet_pton(AF_INET, host, &address.sin_addr) == 1 else {
      throw SystemCallError(call: "bind", code: EADDRNOTAVAIL, subject: subject)
    }
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let raw = try systemCall("socket", on: subject) { socket(AF_INET, kind, 0) }
    let owned = OwnedDescriptor(adopting: raw)
    var on: Int32 = 1
    // A server that is started again shall not wait for connections of its predecessor.
    _ = setsockopt(raw, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    try systemCall("bind", on: subject) {
      withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(raw, $0, size) }
      }
    }
    try systemCall("listen", on: subject) { listen(raw, 64) }
    try systemCall("getsockname", on: subject) {
      withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(raw, $0, &size) }
      }
    }
    self.port = UInt16(bigEndian: address.sin_port)
    self.subject = subject
    number = owned.release()
  }

  deinit {
    _ = close(number)
  }

  /// Whether an error of accept(2) is a client's, which has gone, or the way's to it (accept(2), "Error
  /// handling").
  static func isOfAClient(_ code: Int32) -> Bool {
    [
      ECONNABORTED, EPERM, EPROTO, ENOPROTOOPT, EOPNOTSUPP, ENETDOWN, ENETUNREACH, EHOSTDOWN,
      EHOSTUNREACH, ENONET,
    ].contains(code)
  }

  /// The next connection, also where a client has gone before it was accepted.
  /// - Throws: ``SystemCallError``, `CancellationError`.
  package func accept() async throws -> AsyncDescriptor {
    while true {
      try await ReadinessMonitor.shared.wait(
        for: .readable, on: number, until: nil, subject: subject)
      let accepted: Int32?
      do throws(SystemCallError) {
        accepted = try systemCallUnlessBlocking("accept", on: subject) {
          Glibc.accept(number, nil, nil)
        }
      } catch {
        guard Self.isOfAClient(error.code) else { throw error }
        try Task.checkCancellation()
        continue
      }
      // It may have gone again meanwhile.
      guard let accepted else { continue }
      _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
      return try AsyncDescriptor(
        adopting: OwnedDescriptor(adopting: accepted), subject: "a client of \(subject)")
    }
  }
}
