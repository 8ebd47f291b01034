import FleetReports
import Foundation
import POSIXSupport

/// Removes the oldest segments of a log.
package struct LogPruning: Sendable, Equatable {
  /// What was removed.
  package private(set) var segments = 0
  package private(set) var reports = 0
  /// Number of the first segment that is left.
  package private(set) var first: UInt64

  /// Removes segments all of whose reports came before a time in milliseconds since 1970 (UTC), from the
  /// oldest on. The last that is sealed stays, as the next one is held against it. Nobody else may have the log
  /// open.
  /// - Throws: ``LogError``.
  package init(_ directory: LogDirectory, before time: UInt64) throws(LogError) {
    let beginning = try LogBeginning(directory)
    first = beginning.segment
    var last: LogDirectory.Sealed?
    var paths: [String] = []
    for segment in try directory.list().sealed.dropLast() {
      let records = SegmentScan(try LogDirectory.contents(segment.path)).frames.flatMap(\.records)
      // What is before the beginning was left by a crash.
      let stays = records.contains { $0.received >= time }
      if stays, segment.number >= beginning.segment { break }
      last = segment
      paths.append(segment.path)
      segments += 1
      reports += records.count
    }
    guard let last, let digest = Hexadecimal.bytes(last.digest) else { return }
    if last.number >= beginning.segment {
      first = last.number + 1
      // Before they go: segments that are missing without it are damage.
      try LogBeginning(segment: first, previous: digest).write(in: directory)
    }
    do {
      for path in paths { try systemCall("unlink", on: path) { unlink(path) } }
      try directory.sync()
    } catch {
      throw LogError(.unusable, error, path: directory.path)
    }
  }
}
