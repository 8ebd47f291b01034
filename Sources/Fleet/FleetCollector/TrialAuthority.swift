#if Collector
  import Crypto
  import FleetLog
  import Foundation
  import POSIXSupport
  import SwiftASN1
  import X509

  /// An authority for a trial on one machine: its certificate, the collector's, and those of
  /// devices.
  ///
  /// The keys lie in files beside them, which is what nobody does with devices in the field.
  package struct TrialAuthority {
    /// Of all certificates.
    private static let lifetime: TimeInterval = 30 * 86_400

    private let directory: String
    private let key: P256.Signing.PrivateKey
    private let name: DistinguishedName

    private var authorityPath: String { directory + "/authority.pem" }
    private var authorityKeyPath: String { directory + "/authority.key" }

    /// What ``CollectorServer`` takes.
    package var files: CertificateFiles {
      CertificateFiles(
        chain: directory + "/collector.pem", key: directory + "/collector.key",
        deviceAuthority: authorityPath)
    }

    /// Opens the authority of a directory, or makes it, with a certificate for this machine's
    /// loopback.
    package init(directory: String) throws {
      self.directory = directory
      try UserDirectories.makeDirectory(directory)
      name = try DistinguishedName { CommonName("latgate trial authority") }
      if let pem = try? String(contentsOfFile: directory + "/authority.key", encoding: .utf8) {
        key = try P256.Signing.PrivateKey(pemRepresentation: pem)
        return
      }
      key = P256.Signing.PrivateKey()
      let own = try certificate(
        of: name, for: key.publicKey,
        Certificate.Extensions {
          Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
          Critical(KeyUsage(keyCertSign: true, cRLSign: true))
        })
      try write(own, to: authorityPath)
      try issue(
        DistinguishedName { CommonName("localhost") }, file: "collector",
        Certificate.Extensions {
          Critical(BasicConstraints.notCertificateAuthority)
          try ExtendedKeyUsage([.serverAuth])
          SubjectAlternativeNames([
            .dnsName("localhost"), .ipAddress(ASN1OctetString(contentBytes: [127, 0, 0, 1])),
            .ipAddress(ASN1OctetString(contentBytes: [UInt8](repeating: 0, count: 15) + [1])),
          ])
        })
      // Last: a directory with it is whole.
      try AtomicFile.write(Array(key.pemRepresentation.utf8), to: authorityKeyPath, mode: 0o600)
    }

    /// Makes a device's certificate and key, `<name>.pem` and `<name>.key`; those that are there
    /// stay.
    /// - Parameter device: its name: letters, digits, `-`, `_` and `.`.
    /// - Throws: ``LogError`` for another name.
    package func issue(device: String) throws {
      let allowed = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")
      guard !device.isEmpty, device.count <= 64, device.allSatisfy(allowed.contains),
        !device.hasPrefix("."), !["authority", "collector"].contains(device)
      else {
        throw LogError(
          .unusable, path: directory,
          reason:
            "\"\(device)\" cannot name a device: letters, digits, '-', '_' and '.', at most 64")
      }
      if FileManager.default.fileExists(atPath: "\(directory)/\(device).pem") { return }
      try issue(
        DistinguishedName { CommonName(device) }, file: device,
        Certificate.Extensions {
          Critical(BasicConstraints.notCertificateAuthority)
          try ExtendedKeyUsage([.clientAuth])
        })
    }

    private func issue(
      _ subject: DistinguishedName, file: String, _ extensions: Certificate.Extensions
    ) throws {
      let own = P256.Signing.PrivateKey()
      // A trial may have hundreds, and they can be made again.
      try AtomicFile.write(
        Array(own.pemRepresentation.utf8), to: "\(directory)/\(file).key", mode: 0o600,
        durable: false)
      try write(
        certificate(of: subject, for: own.publicKey, extensions), to: "\(directory)/\(file).pem")
    }

    private func certificate(
      of subject: DistinguishedName, for key: P256.Signing.PublicKey,
      _ extensions: Certificate.Extensions
    ) throws -> Certificate {
      let now = Date()
      return try Certificate(
        version: .v3, serialNumber: .init(), publicKey: .init(key),
        notValidBefore: now.addingTimeInterval(-3600),
        notValidAfter: now.addingTimeInterval(Self.lifetime), issuer: name, subject: subject,
        signatureAlgorithm: .ecdsaWithSHA256, extensions: extensions,
        issuerPrivateKey: .init(self.key))
    }

    private func write(_ certificate: Certificate, to path: String) throws {
      let pem = try certificate.serializeAsPEM().pemString + "\n"
      try AtomicFile.write(Array(pem.utf8), to: path, durable: false)
    }
  }
#endif
