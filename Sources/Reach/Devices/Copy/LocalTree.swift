import ADB
import Foundation
import Glibc
import POSIXSupport

/// A file, link or directory of this machine, named within the tree it was found in.
struct LocalEntry: Sendable, Equatable {
  /// Below the tree's root, without a leading slash.
  var name: String
  var status: SyncFileStatus
  /// A directory in which nothing is.
  var isEmptyDirectory = false
}

/// What there is below a directory of this machine. Links in it are not followed.
enum LocalTree {
  /// What lstat(2) or, when `follows`, stat(2) says; nil when there is nothing.
  /// - Throws: ``DeviceError/hostFile(path:detail:)``.
  static func status(of path: String, follows: Bool) throws(DeviceError) -> SyncFileStatus? {
    var facts = stat()
    do {
      try systemCall("stat", on: path) { follows ? stat(path, &facts) : lstat(path, &facts) }
    } catch {
      if error.code == ENOENT { return nil }
      throw .hostFile(path: path, detail: "\(error.call): \(error.reason)")
    }
    return SyncFileStatus(
      mode: facts.st_mode, size: UInt64(clamping: facts.st_size),
      modified: Int64(facts.st_mtim.tv_sec))
  }

  /// Everything below `root`, sorted by name, a directory before what is in it.
  /// - Throws: ``DeviceError/hostFile(path:detail:)``.
  static func entries(of root: String) throws(DeviceError) -> [LocalEntry] {
    var found: [LocalEntry] = []
    var pending = [""]
    while let directory = pending.popLast() {
      let path = "\(root)/\(directory)"
      let names: [String]
      do {
        names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
      } catch {
        throw .hostFile(path: path, detail: error.localizedDescription)
      }
      if names.isEmpty, let last = found.firstIndex(where: { $0.name == directory }) {
        found[last].isEmptyDirectory = true
      }
      for name in names {
        let below = directory.isEmpty ? name : "\(directory)/\(name)"
        guard let status = try status(of: "\(root)/\(below)", follows: false) else { continue }
        found.append(LocalEntry(name: below, status: status))
        if status.kind == .directory { pending.append(below) }
      }
    }
    return found.sorted { $0.name < $1.name }
  }

  /// The last part of a path; empty for `/` and `..`, which name no new file.
  static func lastName(_ path: String) -> String {
    let name = path.split(separator: "/").last.map(String.init) ?? ""
    return [".", ".."].contains(name) ? "" : name
  }
}
