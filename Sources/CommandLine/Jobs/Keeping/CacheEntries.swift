import Foundation
import Glibc
import POSIXSupport
import RecordStore

/// What the cache holds that can be made again: built files, sysroots, images of virtual devices,
/// programs that were copied from devices, and which events kernels have.
package struct CacheEntries {
  package struct Entry: Equatable {
    /// Below the cache's directory.
    package var name: String
    /// Its files and directories; without the first one the others count for nothing.
    package var paths: [String]
    /// When it was used last.
    package var used: Date
    package var bytes: UInt64
  }

  /// Least recently used first.
  package let entries: [Entry]

  /// What was used so lately may be in use, by a check that takes long.
  package static let rest: TimeInterval = 24 * 60 * 60

  /// - Parameter cache: the cache's directory; one that is not there is empty.
  package init(cache: String) {
    entries =
      (Self.fileKinds.flatMap { Self.files($0, in: cache) } + Self.directories("roots", in: cache)
      + Self.directories("virtual/images", in: cache))
      .sorted { ($0.used, $0.name) < ($1.used, $1.name) }
  }

  /// Those that have to go so that what stays is no older and no larger.
  package func excess(_ bounds: KeepBounds, now: Date = Date()) -> [Entry] {
    bounds.excess(of: entries, date: \.used, size: \.bytes) {
      now.timeIntervalSince($0.used) <= Self.rest
    }
  }

  /// Removes an entry; one that another process removes meanwhile is no error.
  /// - Throws: `SystemCallError` where it may not be removed.
  package static func remove(_ entry: Entry) throws {
    for path in entry.paths {
      // Renamed first: half a root or image must never be taken for one.
      let directory = (path as NSString).deletingLastPathComponent
      let gone = "\(directory)/\(gonePrefix)\(getpid())-\((path as NSString).lastPathComponent)"
      do throws(SystemCallError) {
        try systemCall("rename", on: path) { rename(path, gone) }
      } catch {
        guard error.code == ENOENT else { throw error }
        continue
      }
      try FileManager.default.removeItem(atPath: gone)
    }
  }

  private static let gonePrefix = ".gone-"

  private static let fileKinds = ["build", "programs", "events"]

  /// Files that are used one by one; those of the build cache have a seal, which makes them count.
  private static func files(_ kind: String, in cache: String) -> [Entry] {
    let directory = "\(cache)/\(kind)"
    return names(in: directory).filter { !$0.hasSuffix(".seal") }.compactMap { name in
      let path = "\(directory)/\(name)"
      guard let facts = facts(of: path), facts.isFile else { return nil }
      let seal = Self.facts(of: "\(path).seal")
      return Entry(
        name: "\(kind)/\(name)", paths: seal == nil ? [path] : ["\(path).seal", path],
        used: max(seal?.changed ?? .distantPast, facts.changed), bytes: facts.bytes)
    }
  }

  /// Directories that are used as a whole; what was left half made or half removed goes with them.
  private static func directories(_ kind: String, in cache: String) -> [Entry] {
    let directory = "\(cache)/\(kind)"
    let left = ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [])
      .filter { $0.hasPrefix(gonePrefix) }
    return (names(in: directory) + left).compactMap { name in
      let path = "\(directory)/\(name)"
      guard let facts = facts(of: path), !facts.isFile else { return nil }
      // A root's own time is that of its packages, and when it is used its lock's file says so.
      let lock = Self.facts(of: "\(directory)/.\(name).lock")
      return Entry(
        name: "\(kind)/\(name)", paths: [path],
        used: max(lock?.changed ?? .distantPast, facts.changed), bytes: size(of: path))
    }
  }

  private static func names(in directory: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [])
      .filter { !$0.hasPrefix(".") }
  }

  private static func facts(of path: String) -> (changed: Date, bytes: UInt64, isFile: Bool)? {
    var status = stat()
    // A link was made by a user.
    guard lstat(path, &status) == 0, [S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT) else {
      return nil
    }
    return (
      Date(timeIntervalSince1970: Double(status.st_mtim.tv_sec)), UInt64(status.st_size),
      status.st_mode & S_IFMT == S_IFREG
    )
  }

  /// Blocks on the disk: of files with holes, and of those with several names, what they take.
  private static func size(of directory: String) -> UInt64 {
    var bytes: UInt64 = 0
    var seen: Set<UInt64> = []
    guard let walk = FileManager.default.enumerator(atPath: directory) else { return 0 }
    for case let name as String in walk {
      var status = stat()
      guard lstat("\(directory)/\(name)", &status) == 0,
        status.st_nlink < 2 || seen.insert(UInt64(status.st_ino)).inserted
      else { continue }
      bytes += UInt64(status.st_blocks) * 512
    }
    return bytes
  }
}
