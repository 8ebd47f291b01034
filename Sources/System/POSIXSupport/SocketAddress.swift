import Foundation
import Glibc

/// Where a stream socket connects to.
package enum SocketAddress: Sendable, Equatable, CustomStringConvertible {
  /// `host` is a name or a numeric address.
  case tcp(host: String, port: UInt16)
  case unix(path: String)
  /// Linux's abstract namespace; the name without the leading NUL.
  case abstract(name: String)

  package var description: String {
    switch self {
    case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .unix(let path): path
    case .abstract(let name): "@\(name)"
    }
  }

  /// Connects, trying every address a name stands for.
  /// - Throws: ``SystemCallError``, ``NameLookupError``, ``TimeoutError``, `CancellationError`.
  package func connect(deadline: Deadline?) async throws -> AsyncDescriptor {
    let candidates = try await endpoints()
    var failure = SystemCallError(call: "connect", code: EADDRNOTAVAIL, subject: description)
    for endpoint in candidates {
      do {
        return try await endpoint.connect(deadline: deadline, subject: description)
      } catch let error as SystemCallError {
        failure = error
      }
    }
    throw failure
  }

  private func endpoints() async throws -> [Endpoint] {
    switch self {
    case .tcp(let host, let port):
      if let numeric = try? Endpoint.lookUp(host: host, port: port, flags: AI_NUMERICHOST) {
        return numeric
      }
      // Looking up a name may ask the network and cannot be interrupted.
      return try await offloaded { try Endpoint.lookUp(host: host, port: port) }
    case .unix(let path):
      return [try Endpoint(unixBytes: Array(path.utf8) + [0], subject: description)]
    case .abstract(let name):
      return [try Endpoint(unixBytes: [0] + Array(name.utf8), subject: description)]
    }
  }
}

/// A host name that has no address.
package struct NameLookupError: Error, Sendable, Equatable, CustomStringConvertible {
  package var host: String
  package var reason: String

  package var description: String { "\(host): \(reason)" }
}

/// One socket address in the kernel's form.
private struct Endpoint: Sendable {
  var family: Int32
  /// The bytes of a `sockaddr_in`, `sockaddr_in6` or `sockaddr_un`.
  var bytes: [UInt8]

  init(family: Int32, bytes: [UInt8]) {
    self.family = family
    self.bytes = bytes
  }

  /// - Throws: ``SystemCallError`` with `ENAMETOOLONG` when the name does not fit.
  init(unixBytes: [UInt8], subject: String) throws(SystemCallError) {
    let limit = MemoryLayout<sockaddr_un>.size - MemoryLayout<sa_family_t>.size
    if unixBytes.count > limit {
      throw SystemCallError(call: "connect", code: ENAMETOOLONG, subject: subject)
    }
    self.family = AF_UNIX
    self.bytes = withUnsafeBytes(of: sa_family_t(AF_UNIX)) { Array($0) } + unixBytes
  }

  /// `flags` are those of getaddrinfo(3).
  static func lookUp(host: String, port: UInt16, flags: Int32 = 0) throws -> [Endpoint] {
    var hints = addrinfo()
    hints.ai_flags = flags
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, String(port), &hints, &list)
    if code != 0 { throw NameLookupError(host: host, reason: String(cString: gai_strerror(code))) }
    defer { freeaddrinfo(list) }
    var found: [Endpoint] = []
    var next = list
    while let entry = next?.pointee {
      if let address = entry.ai_addr {
        let raw = UnsafeRawBufferPointer(start: address, count: Int(entry.ai_addrlen))
        found.append(Endpoint(family: entry.ai_family, bytes: Array(raw)))
      }
      next = entry.ai_next
    }
    return found
  }

  func connect(deadline: Deadline?, subject: String) async throws -> AsyncDescriptor {
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let raw = try systemCall("socket", on: subject) { socket(family, kind, 0) }
    let owned = OwnedDescriptor(adopting: raw)
    if family != AF_UNIX {
      var on: Int32 = 1
      // Small requests and answers alternate: delaying them costs 40 ms each.
      _ = setsockopt(
        raw, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }
    let status = bytes.withUnsafeBytes { raw in
      raw.withMemoryRebound(to: sockaddr.self) { address in
        Glibc.connect(owned.rawValue, address.baseAddress, socklen_t(raw.count))
      }
    }
    let code = status == 0 ? 0 : errno
    if code != 0 && code != EINPROGRESS && code != EINTR {
      throw SystemCallError(call: "connect", code: code, subject: subject)
    }
    // On this machine a connection is there at once, and nothing has to wait for it.
    var isThere = code == 0
    if !isThere { isThere = try owned.isReady(for: .writable, within: 0, subject: subject) }
    let connected = try AsyncDescriptor(adopting: owned, subject: subject)
    if !isThere { try await connected.waitWritable(deadline: deadline) }
    if code != 0 {
      let pending = try connected.pendingSocketError()
      if pending != 0 { throw SystemCallError(call: "connect", code: pending, subject: subject) }
    }
    return connected
  }
}
