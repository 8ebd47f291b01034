import Campaigns
import Foundation
import Glibc
import POSIXSupport

/// Private keys as files: `<role>-<n>.key`, mode 0600, 64 hex digits each. Keys of root and targets
/// are to be kept on media that are not plugged in, so several directories may be given at a time.
package struct KeyDirectory: Sendable {
  package let path: String

  package init(path: String) { self.path = path }

  /// Makes a new key.
  /// - Returns: its path and its public half.
  /// - Throws: ``CampaignFileError``, `SystemCallError`.
  package func make(_ role: Role) throws -> (path: String, key: SigningKey) {
    if mkdir(path, 0o700) != 0, errno != EEXIST {
      throw CampaignFileError(
        "cannot be made: \(String(cString: strerror(errno)))", path: path,
        remedy: "name a directory whose parent is there")
    }
    let numbers = try names().compactMap { name -> Int? in
      guard name.hasPrefix("\(role.rawValue)-") else { return nil }
      return Int(name.dropFirst(role.rawValue.utf8.count + 1).dropLast(4))
    }
    let file = "\(path)/\(role.rawValue)-\((numbers.max() ?? 0) + 1).key"
    let key = SigningKey()
    try AtomicFile.write(Array((Hex.text(key.seed) + "\n").utf8), to: file, mode: 0o600)
    return (file, key)
  }

  /// All keys in it.
  /// - Throws: ``CampaignFileError`` for a file that holds none.
  package func keys() throws -> [SigningKey] {
    try names().map { name in
      let file = "\(path)/\(name)"
      guard let text = try? String(contentsOfFile: file, encoding: .utf8),
        let seed = Hex.bytes(text.trimmingCharacters(in: .whitespacesAndNewlines)),
        let key = SigningKey(seed: seed)
      else {
        throw CampaignFileError(
          "not a key: 64 lower-case hex digits were expected", path: file,
          remedy: "restore it from its copy, or take it out of the directory")
      }
      return key
    }
  }

  private func names() throws -> [String] {
    guard let all = try? FileManager.default.contentsOfDirectory(atPath: path) else {
      throw CampaignFileError(
        "not a directory that can be read", path: path,
        remedy: "make keys with 'latgate campaign keys create'")
    }
    return all.filter { $0.hasSuffix(".key") }.sorted()
  }
}
