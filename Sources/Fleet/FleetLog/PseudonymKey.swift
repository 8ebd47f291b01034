import Crypto
import FleetReports
import Foundation
import POSIXSupport

/// What makes pseudonyms of devices; it stays in its file.
package struct PseudonymKey: Sendable {
  private static let size = 32
  private let key: SymmetricKey

  /// Reads the key from its file, or draws one and keeps it there.
  /// - Throws: ``LogError``; also for a file that is no key: with another key devices would be
  ///   counted anew.
  package init(path: String) throws(LogError) {
    if !FileManager.default.fileExists(atPath: path) {
      var random = SystemRandomNumberGenerator()
      let bytes = (0..<Self.size).map { _ in UInt8.random(in: .min ... .max, using: &random) }
      // Of collectors that start at once, all take the key of the first: who went on with one that was
      // replaced would count its devices anew at the next start.
      do { try AtomicFile.create(bytes, at: path, mode: 0o600) } catch {
        guard FileManager.default.fileExists(atPath: path) else {
          throw LogError(.unusable, error, path: path)
        }
      }
      do { try LogDirectory(path: PathParent.of(path)).sync() } catch {
        throw LogError(.unusable, error, path: path)
      }
    }
    let bytes = try LogDirectory.contents(path)
    guard bytes.count == Self.size else {
      throw LogError(.damaged, path: path, reason: "has \(bytes.count) bytes and not \(Self.size)")
    }
    key = SymmetricKey(data: bytes)
  }

  /// Another one for every key; the key cannot be computed from it.
  package var mark: UInt64 {
    let code = HMAC<SHA256>.authenticationCode(for: Array("mark".utf8), using: key)
    return LittleEndian.read(UInt64.self, Array(code), at: 0)
  }

  /// The device of a certificate's name, in one campaign.
  package func pseudonym(of name: String, campaign: String) -> DevicePseudonym {
    let code = HMAC<SHA256>.authenticationCode(
      for: Array(campaign.utf8) + [0] + Array(name.utf8), using: key)
    // A code has 32 bytes.
    return DevicePseudonym(Array(code)) ?? DevicePseudonym(high: 0, low: 0)
  }
}
