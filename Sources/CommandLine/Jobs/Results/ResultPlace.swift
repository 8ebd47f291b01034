import Foundation
import Glibc
import POSIXSupport

/// Where results go, tried before anything is measured: a place that cannot take them would cost
/// the measurement.
package enum ResultPlace {
  /// Room for the records and reports of a large check.
  private static let room: UInt64 = 8 << 20

  /// Why results cannot be kept.
  package struct PlaceError: Error, CustomStringConvertible {
    package var path: String
    package var problem: String
    /// Whether another place would do.
    package var isPlace: Bool

    package var description: String { "nothing can be kept in \(path): \(problem)" }
  }

  /// Where commands keep their results unless another directory is named.
  package static let usualDirectory = "latgate-results"

  /// A new directory in ``usualDirectory`` for the results of a job; jobs of one name that begin in
  /// one second have their own.
  package static func newDirectory(_ job: String) -> String {
    "\(usualDirectory)/\(job)-\(timestamp())-\(getpid())"
  }

  /// Tries the directory, or the one that it will be made in. That one has to be there, as a
  /// mistyped path must not make directories that are never found again; only ``usualDirectory`` is
  /// made as well.
  /// - Throws: ``PlaceError``.
  package static func requireDirectory(_ directory: String) throws {
    try requireName(directory)
    var path = directory
    if !FileManager.default.fileExists(atPath: path) { path = PathParent.of(directory) }
    if path == usualDirectory, !FileManager.default.fileExists(atPath: path) { path = "." }
    guard FileManager.default.fileExists(atPath: path) else {
      throw PlaceError(
        path: directory,
        problem: "there is no directory \(path); make it, or name another directory",
        isPlace: true)
    }
    do {
      let trial = "\(path)/.latgate-\(getpid())"
      defer { unlink(trial) }
      try AtomicFile.write([UInt8](repeating: 0x20, count: 64 << 10), to: trial, durable: false)
    } catch let error as SystemCallError {
      throw PlaceError(
        path: path, problem: "\(error.reason); name another directory",
        isPlace: error.code != ENOSPC && error.code != EDQUOT)
    }
    var facts = statvfs()
    guard statvfs(path, &facts) == 0 else { return }
    let free = bytes(inBlocks: UInt64(facts.f_bavail), of: UInt64(facts.f_frsize))
    guard free >= room else {
      throw PlaceError(
        path: path,
        problem: "only \(free >> 10) KiB are free there, \(room >> 20) MiB are needed",
        isPlace: false)
    }
  }

  /// File systems over a network say any number, up to the largest.
  static func bytes(inBlocks count: UInt64, of size: UInt64) -> UInt64 {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: size)
    return overflow ? .max : bytes
  }

  /// As ``requireDirectory(_:)``, for the directory of a file; the file itself is not touched. The
  /// directory must be there unless `makesDirectory`: who writes the file makes it.
  package static func requireFile(_ path: String, makesDirectory: Bool = false) throws {
    try requireName(path)
    try requirePlainFile(path)
    if PathKind.isDirectory(path) {
      throw PlaceError(path: path, problem: "it is a directory; name a file", isPlace: true)
    }
    let directory = PathParent.of(path)
    guard makesDirectory || FileManager.default.fileExists(atPath: directory) else {
      throw PlaceError(
        path: path, problem: "there is no directory \(directory); make it, or name another file",
        isPlace: true)
    }
    try requireDirectory(directory)
  }

  /// A job's variable that is empty would make files in the root directory.
  private static func requireName(_ path: String) throws {
    guard path.isEmpty else { return }
    throw PlaceError(
      path: "''", problem: "the name is empty; name a directory or a file", isPlace: true)
  }

  /// Files are replaced by renaming: root would lose `/dev/null`, or the link `/dev/stdout`.
  private static func requirePlainFile(_ path: String) throws {
    var facts = stat()
    let isOther =
      stat(path, &facts) == 0 && ![S_IFREG, S_IFDIR].contains(facts.st_mode & S_IFMT)
    let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path)
    guard isOther || target?.hasPrefix("/proc/") == true else { return }
    throw PlaceError(
      path: path,
      problem: "it is a device, a pipe or a stream, which would be replaced; name a file",
      isPlace: true)
  }
}
