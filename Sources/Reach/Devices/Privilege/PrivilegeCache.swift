import Foundation
import POSIXSupport

/// What was found out about root's rights, per device and build, in one file of the user's cache.
///
/// It only saves time: a way to root is tried again before it is used, and "none" holds for an
/// hour, because a user may grant root meanwhile.
package struct PrivilegeCache: Sendable {
  private struct Entry: Codable {
    var way: RootWay
    var found: Date
  }

  /// Builds that are remembered.
  private static let capacity = 200
  private static let believesNone: TimeInterval = 3600
  private let path: String

  /// The file need not exist.
  package init(path: String) {
    self.path = path
  }

  /// The running user's; nil where there is no cache directory.
  package static func ofUser() -> PrivilegeCache? {
    (try? UserDirectories.cache()).map { PrivilegeCache(path: "\($0)/privileges.json") }
  }

  func way(for key: String) -> RootWay? {
    guard let entry = entries()[key] else { return nil }
    if entry.way == .shell, -entry.found.timeIntervalSinceNow > Self.believesNone { return nil }
    return entry.way
  }

  /// Two processes that write at once may lose an entry, which is found out again.
  func keep(_ way: RootWay, for key: String) {
    var entries = entries()
    entries[key] = Entry(way: way, found: Date())
    if entries.count > Self.capacity,
      let oldest = entries.min(by: { $0.value.found < $1.value.found })
    {
      entries[oldest.key] = nil
    }
    guard let bytes = try? JSONEncoder().encode(entries) else { return }
    // Without the cache only time is lost.
    try? AtomicFile.write(bytes, to: path, mode: 0o600, durable: false)
  }

  private func entries() -> [String: Entry] {
    guard let bytes = try? Data(contentsOf: URL(fileURLWithPath: path)) else { return [:] }
    return (try? JSONDecoder().decode([String: Entry].self, from: bytes)) ?? [:]
  }
}
