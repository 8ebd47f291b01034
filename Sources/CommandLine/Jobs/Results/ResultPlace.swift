import Foundation
import Glibc
import POSIXSupport

/// Where results go, tried before anything is measured: a place that cannot take them would cost
/// the measurement.
package enum ResultPlace {
  /// Room for the records and reports of a large check.
  private static let room: UInt64 = 8 << 20

  /// Why results cannot be kept.
  package struct Fault: Error, CustomStringConvertible {
    package var path: String
    package var problem: String
    /// Whether another place would do.
    package var isPlace: Bool

    package var description: String { "nothing can be kept in \(path): \(problem)" }
  }

  /// Where commands keep their results unless another folder is named.
  package static let usualFolder = "latgate-results"

  /// A new folder in ``usualFolder`` for the results of a job.
  package static func newFolder(_ job: String) -> String { "\(usualFolder)/\(job)-\(timestamp())" }

  /// Tries the folder, or the one that it will be made in. That one has to be there, as a mistyped
  /// path must not make folders that are never found again; only ``usualFolder`` is made as well.
  /// - Throws: ``Fault``.
  package static func requireFolder(_ folder: String) throws {
    var path = folder
    if !FileManager.default.fileExists(atPath: path) { path = PathParent.of(folder) }
    if path == usualFolder, !FileManager.default.fileExists(atPath: path) { path = "." }
    guard FileManager.default.fileExists(atPath: path) else {
      throw Fault(
        path: folder, problem: "there is no folder \(path); make it, or name another folder",
        isPlace: true)
    }
    do {
      let trial = "\(path)/.latgate-\(getpid())"
      defer { unlink(trial) }
      try AtomicFile.write([UInt8](repeating: 0x20, count: 64 << 10), to: trial, durable: false)
    } catch let error as SystemCallError {
      throw Fault(
        path: path, problem: "\(error.reason); name another folder",
        isPlace: error.code != ENOSPC && error.code != EDQUOT)
    }
    var facts = statvfs()
    guard statvfs(path, &facts) == 0 else { return }
    let free = UInt64(facts.f_bavail) * UInt64(facts.f_frsize)
    guard free >= room else {
      throw Fault(
        path: path,
        problem: "only \(free >> 10) KiB are free there, \(room >> 20) MiB are needed",
        isPlace: false)
    }
  }

  /// As ``requireFolder(_:)``, for the folder of a file; the file itself is not touched. The folder
  /// must be there unless `makesFolder`: who writes the file makes it.
  package static func requireFile(_ path: String, makesFolder: Bool = false) throws {
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
      throw Fault(path: path, problem: "it is a folder; name a file", isPlace: true)
    }
    let folder = PathParent.of(path)
    guard makesFolder || FileManager.default.fileExists(atPath: folder) else {
      throw Fault(
        path: path, problem: "there is no folder \(folder); make it, or name another file",
        isPlace: true)
    }
    try requireFolder(folder)
  }
}
