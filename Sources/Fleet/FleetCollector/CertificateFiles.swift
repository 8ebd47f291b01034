#if Collector
  import NIOSSL

  /// What the collector proves itself with, and whom it believes: PEM files.
  package struct CertificateFiles: Sendable, Equatable {
    /// The collector's certificate, and those between it and its authority.
    package var chain: String
    package var key: String
    /// The authority that signs certificates of devices, and no others.
    package var deviceAuthority: String

    package init(chain: String, key: String, deviceAuthority: String) {
      self.chain = chain
      self.key = key
      self.deviceAuthority = deviceAuthority
    }

    /// TLS 1.2 or later; a peer without a certificate of the authority gets no connection.
    func tls() throws -> TLSConfiguration {
      var configuration = TLSConfiguration.makeServerConfigurationWithMTLS(
        certificateChain: try NIOSSLCertificate.fromPEMFile(chain).map { .certificate($0) },
        privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem)),
        trustRoots: .file(deviceAuthority))
      configuration.minimumTLSVersion = .tlsv12
      return configuration
    }
  }
#endif
