#if Collector
  import NIOCore
  import NIOSSL
  import Synchronization

  /// The certificate that the collector proves itself with, which may be exchanged while it serves.
  final class ServedCertificate: Sendable {
    private struct Current {
      var changes: NIOSSLContextConfigurationOverride
      var endsAt: Int
    }

    private let files: CertificateFiles
    private let current: Mutex<Current>

    /// Reads the files.
    /// - Throws: what TLS throws of files that are none, or of a key that is another certificate's.
    init(_ files: CertificateFiles) throws {
      self.files = files
      current = Mutex(try Self.read(files))
    }

    /// Reads the files again, for all connections from now on. Whom the collector believes stays.
    /// - Throws: as ``init(_:)``; then the certificate is as before.
    func reload() throws {
      let new = try Self.read(files)
      current.withLock { $0 = new }
    }

    /// Until when the certificate is valid, in seconds since 1970.
    var endsAt: Int { current.withLock { $0.endsAt } }

    /// What connections are made by: each asks which certificate it is at the moment.
    func tls() throws -> TLSConfiguration {
      var configuration = try files.tls()
      configuration.sslContextCallback = { [self] _, promise in
        promise.succeed(current.withLock { $0.changes })
      }
      return configuration
    }

    private static func read(_ files: CertificateFiles) throws -> Current {
      let configuration = try files.tls()
      // Holds the key against the certificate: each connection would fail by itself otherwise.
      _ = try NIOSSLContext(configuration: configuration)
      var changes = NIOSSLContextConfigurationOverride()
      changes.certificateChain = configuration.certificateChain
      changes.privateKey = configuration.privateKey
      let first = try NIOSSLCertificate.fromPEMFile(files.chain).first
      return Current(changes: changes, endsAt: first.map { Int($0.notValidAfter) } ?? 0)
    }
  }
#endif
