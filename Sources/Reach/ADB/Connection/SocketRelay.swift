import POSIXSupport

/// Carries bytes both ways between a stream and a socket until both sides have ended.
package struct SocketRelay: Sendable {
  private let address: SocketAddress

  /// `text` is `tcp:PORT`, `tcp:HOST:PORT`, `localabstract:NAME` or `localfilesystem:PATH`.
  /// - Throws: ``ADBError/malformed(service:detail:)`` for anything else.
  package init(_ text: String) throws(ADBError) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    let rest = parts.dropFirst().joined(separator: ":")
    switch (parts[0], parts.count) {
    case ("tcp", 2) where (UInt16(parts[1]) ?? 0) > 0:
      address = .tcp(host: "127.0.0.1", port: UInt16(parts[1]) ?? 0)
    case ("tcp", 3) where (UInt16(parts[2]) ?? 0) > 0 && !parts[1].isEmpty:
      address = .tcp(host: parts[1], port: UInt16(parts[2]) ?? 0)
    case ("localabstract", 2...) where !rest.isEmpty: address = .abstract(name: rest)
    case ("localfilesystem", 2...) where !rest.isEmpty: address = .unix(path: rest)
    default:
      let forms = "tcp:PORT, tcp:HOST:PORT, localabstract:NAME or localfilesystem:PATH"
      throw .malformed(service: "reverse", detail: "“\(text)” is no \(forms)")
    }
  }

  /// Connects and carries; the stream is closed at the end, whatever happens.
  package func carry(_ channel: any ByteChannel) async {
    defer { channel.close() }
    guard let socket = try? await address.connect(deadline: ContinuousClock.now + .seconds(20))
    else { return }
    defer { socket.close() }
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await Self.copy(from: channel, to: socket) }
      group.addTask { await Self.copy(from: socket, to: channel) }
      // adb knows no half-closed stream: the end of one way is that of both.
      _ = await group.next()
      channel.close()
      socket.close()
    }
  }

  private static func copy(from source: any ByteChannel, to sink: any ByteChannel) async {
    while let bytes = try? await source.read(deadline: nil), !bytes.isEmpty {
      guard (try? await sink.write(bytes, deadline: nil)) != nil else { return }
    }
  }
}
