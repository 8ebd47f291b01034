import Foundation

/// The folder that keeps extracted roots, one directory each, named by what is in it.
struct RootCache: Sendable {
  let folder: String

  /// `${XDG_CACHE_HOME:-$HOME/.cache}/latgate/roots`
  static func ofThisUser() -> RootCache {
    let environment = ProcessInfo.processInfo.environment
    let base =
      environment["XDG_CACHE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
      ?? (environment["HOME"] ?? NSHomeDirectory()) + "/.cache"
    return RootCache(folder: base + "/latgate/roots")
  }

  /// Where `key` is once it is complete: the last rename makes it appear as a whole.
  func path(_ key: String) -> String { "\(folder)/\(key)" }

  func contains(_ key: String) -> Bool { FileManager.default.fileExists(atPath: path(key)) }

  /// A fresh place to build `key` in; leftovers of builds that died are removed.
  ///
  /// Only under the lock of `key`.
  func temporary(_ key: String) throws -> String {
    let prefix = ".\(key).part"
    for name in try FileManager.default.contentsOfDirectory(atPath: folder)
    where name.hasPrefix(prefix) {
      try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
    }
    let path = "\(folder)/\(prefix)\(getpid())"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }

  /// Runs `body` while no other process or task builds `key`.
  func withLock<T>(_ key: String, _ body: () async throws -> T) async throws -> T {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let path = "\(folder)/.\(key).lock"
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw DebianRootError.cache(path: path, reason: String(cString: strerror(errno)))
    }
    defer { close(descriptor) }
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      guard errno == EWOULDBLOCK || errno == EINTR else {
        throw DebianRootError.cache(path: path, reason: String(cString: strerror(errno)))
      }
      try await Task.sleep(for: .milliseconds(100))
    }
    return try await body()
  }
}
