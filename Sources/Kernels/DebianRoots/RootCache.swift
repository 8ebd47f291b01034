import Foundation
import POSIXSupport

/// The directory that keeps extracted roots, one directory each, named by what is in it.
struct RootCache: Sendable {
  /// Longest wait for another process that extracts the same root: a slow mirror, not a hang.
  private static let patience = Duration.seconds(900)

  let directory: String

  /// `${XDG_CACHE_HOME:-$HOME/.cache}/latgate/roots`
  static func ofThisUser() throws -> RootCache {
    RootCache(directory: try UserDirectories.cache() + "/roots")
  }

  /// Where `key` is once it is complete: the last rename makes it appear as a whole.
  func path(_ key: String) -> String { "\(directory)/\(key)" }

  func contains(_ key: String) -> Bool { FileManager.default.fileExists(atPath: path(key)) }

  /// Notes that a root is used now. The lock's file keeps the time: the root's own time
  /// shows what it was built from.
  func markUsed(_ key: String) { UserDirectories.markUsed(lock(key)) }

  private func lock(_ key: String) -> String { "\(directory)/.\(key).lock" }

  /// A fresh place to build `key` in; leftovers of builds that died are removed.
  ///
  /// Only under the lock of `key`.
  func temporary(_ key: String) throws -> String {
    let prefix = ".\(key).part"
    for name in try FileManager.default.contentsOfDirectory(atPath: directory)
    where name.hasPrefix(prefix) {
      try FileManager.default.removeItem(atPath: "\(directory)/\(name)")
    }
    let path = "\(directory)/\(prefix)\(getpid())"
    try UserDirectories.makeDirectory(path)
    return path
  }

  /// Makes the finished tree visible under its key.
  func publish(_ tree: String, as key: String) throws {
    try systemCall("rename", on: path(key)) { rename(tree, path(key)) }
  }

  /// Removes a root; only under the lock of `key`.
  func remove(_ key: String) {
    // Renamed first: half a root must never be taken for one.
    let path = "\(directory)/.\(key).part"
    guard rename(self.path(key), path) == 0 else { return }
    try? FileManager.default.removeItem(atPath: path)
  }

  /// Runs `body` while no other process or task builds `key`.
  func withLock<T>(_ key: String, _ body: () async throws -> T) async throws -> T {
    try UserDirectories.makeDirectory(directory)
    let lock = try await FileLock.acquire(lock(key), timeout: Self.patience)
    let result = try await body()
    _ = consume lock
    return result
  }
}
