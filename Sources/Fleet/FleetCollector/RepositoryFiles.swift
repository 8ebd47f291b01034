import Foundation

/// A repository of campaigns as devices ask for it: plain files below a directory, as any web
/// server would give them.
struct RepositoryFiles: Sendable {
  /// Bytes of the longest file: a bundle's.
  static let mostBytes = 4 << 20

  let directory: String

  /// The file of a request's path, such as `/timestamp.json`; nil for one that is not there, or
  /// that is no plain file below the directory.
  func read(_ path: String) -> [UInt8]? {
    guard Self.isPlain(path), let handle = FileHandle(forReadingAtPath: directory + path) else {
      return nil
    }
    defer { try? handle.close() }
    guard let data = try? handle.read(upToCount: Self.mostBytes + 1), data.count <= Self.mostBytes
    else { return nil }
    return Array(data)
  }

  /// Whether all parts of a path are of letters, digits, `.`, `_` and `-`, and none begins with a
  /// dot.
  static func isPlain(_ path: String) -> Bool {
    let parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard path.utf8.count <= 256, parts.count >= 2, parts[0].isEmpty else { return false }
    return parts.dropFirst().allSatisfy { part in
      guard let first = part.first, first != UInt8(ascii: ".") else { return false }
      return part.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
          UInt8(ascii: "-"):
          true
        default: false
        }
      }
    }
  }
}
