import Foundation
import POSIXSupport

/// What opens the dashboard: a password in a file of the collector's directory, sent as HTTP's
/// basic authentication with any user name.
package struct DashboardKey: Sendable, Equatable {
  package let password: String

  /// Reads the file, or makes it with 128 random bits.
  /// - Throws: `SystemCallError`.
  package init(path: String) throws {
    if let text = try? String(contentsOfFile: path, encoding: .utf8) {
      let known = text.trimmingCharacters(in: .whitespacesAndNewlines)
      if known.utf8.count >= 16 {
        password = known
        return
      }
    }
    let bytes = (0..<16).map { _ in UInt8.random(in: 0...255) }
    password = bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    try AtomicFile.write(Array("\(password)\n".utf8), to: path, mode: 0o600)
  }

  /// Whether a request's `Authorization` opens it; how long this takes says nothing of the
  /// password.
  func opens(_ authorization: String?) -> Bool {
    guard let authorization, authorization.lowercased().hasPrefix("basic "),
      let data = Data(base64Encoded: String(authorization.dropFirst("basic ".count))),
      let colon = data.firstIndex(of: UInt8(ascii: ":"))
    else { return false }
    let given = Array(data[data.index(after: colon)...])
    let own = Array(password.utf8)
    guard given.count == own.count else { return false }
    return zip(given, own).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
