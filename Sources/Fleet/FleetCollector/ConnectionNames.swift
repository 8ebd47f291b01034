#if Collector
  import NIOCore
  import NIOSSL
  import Synchronization
  import X509

  /// Who is at the other end of a connection, from its certificate; looked at once per connection.
  final class ConnectionNames: Sendable {
    private let gate: DeviceGate
    private let names = Mutex<[ObjectIdentifier: String]>([:])

    /// `gate` hears of a device's connections.
    init(gate: DeviceGate) {
      self.gate = gate
    }

    /// The common name of the peer's verified certificate: 1...128 bytes of printable ASCII.
    /// - Returns: nil when there is no such name.
    func name(of channel: any Channel) async throws -> String? {
      let key = ObjectIdentifier(channel)
      if let known = names.withLock({ $0[key] }) { return known }
      guard let certificate = try await channel.nioSSL_peerCertificate().get() else { return nil }
      guard let name = Self.commonName(try Certificate(derEncoded: certificate.toDERBytes())) else {
        return nil
      }
      names.withLock { $0[key] = name }
      gate.opened(name)
      channel.closeFuture.whenComplete { [self] _ in
        _ = names.withLock { $0.removeValue(forKey: key) }
        gate.closed(name)
      }
      return name
    }

    private static func commonName(_ certificate: Certificate) -> String? {
      let names = certificate.subject.lazy.flatMap { $0 }
        .filter { $0.type == .RDNAttributeType.commonName }
      // Two names are none: which of them counts?
      guard names.count == 1, let name = names.first.map({ String(describing: $0.value) }),
        (1...128).contains(name.utf8.count), name.utf8.allSatisfy({ (0x20..<0x7f).contains($0) })
      else { return nil }
      return name
    }
  }
#endif
