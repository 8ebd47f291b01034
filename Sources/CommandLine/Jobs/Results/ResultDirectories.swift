import Foundation
import POSIXSupport
import RecordStore
import Reporting

/// The directories of results below one directory, oldest first.
package struct ResultDirectories {
  package struct Directory: Equatable {
    package var path: String
    /// When something in it was changed last.
    package var changed: Date
    package var bytes: UInt64
  }

  /// Why a directory cannot be looked through.
  package struct DirectoryError: Error, CustomStringConvertible {
    package var path: String

    package var description: String { "\(path): there is no directory that can be read" }
  }

  package let directories: [Directory]

  /// A directory in which something was changed so lately may be in use.
  private static let rest: TimeInterval = 3600

  package init(path: String) throws {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
      throw DirectoryError(path: path)
    }
    directories = names.map { "\(path)/\($0)" }.filter(Self.isResult).map(Self.measure)
      .sorted { ($0.changed, $0.path) < ($1.changed, $1.path) }
  }

  package init(_ directories: [Directory]) {
    self.directories = directories
  }

  /// Those that have to go so that what stays is no older and no larger.
  package func excess(before: Date?, bytes limit: UInt64?, now: Date = Date()) -> [Directory] {
    KeepBounds(before: before, bytes: limit).excess(
      of: directories, date: \.changed, size: \.bytes
    ) { now.timeIntervalSince($0.changed) <= Self.rest }
  }

  /// Whether latgate made a directory, and it holds nothing else.
  private static func isResult(_ path: String) -> Bool {
    let files = FileManager.default
    // A link was made by a user.
    guard PathKind.isDirectory(path),
      (try? files.destinationOfSymbolicLink(atPath: path)) == nil,
      let names = try? files.contentsOfDirectory(atPath: path), !names.isEmpty
    else { return false }
    if RecordFiles.isCheck(path) { return true }
    let known: Set<String> = [
      "index.txt", "commands.log", "hooks.log", "report.txt", "report.json", "report.html",
      "why.json", "log.txt", "pool.json",
    ]
    return names.allSatisfy { name in
      let isFile =
        known.contains(name) || name.wholeMatch(of: /run-[0-9a-f]{8}\.json/) != nil
        || name.wholeMatch(of: /live-[0-9-]+\.perfetto-trace/) != nil
        || names.contains("index.txt") && name.hasSuffix(".txt")
      return isFile || isPart(name, of: path, isOfPool: names.contains("pool.json"))
    }
  }

  /// Whether latgate made a directory inside of one: the runs of a calibration, what failed runs
  /// left, and the devices of a pool.
  private static func isPart(_ name: String, of directory: String, isOfPool: Bool) -> Bool {
    let path = "\(directory)/\(name)"
    guard ["runs", "bugreports"].contains(name) else {
      return (isOfPool || name.hasPrefix("bugreport-")) && isResult(path)
    }
    let inside = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    if inside.isEmpty { return false }
    guard name == "runs" else { return inside.allSatisfy { isResult("\(path)/\($0)") } }
    return inside.allSatisfy {
      $0.wholeMatch(of: /-?[0-9]+-(reference|candidate)\.json/) != nil
    }
  }

  private static func measure(_ path: String) -> Directory {
    var directory = Directory(path: path, changed: .distantPast, bytes: 0)
    let files = FileManager.default
    for name in [""] + (files.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []) {
      guard let facts = try? files.attributesOfItem(atPath: name.isEmpty ? path : "\(path)/\(name)")
      else { continue }
      if let changed = facts[.modificationDate] as? Date {
        directory.changed = max(directory.changed, changed)
      }
      let isFile = facts[.type] as? FileAttributeType == .typeRegular
      if isFile, let size = facts[.size] as? NSNumber { directory.bytes += size.uint64Value }
    }
    return directory
  }
}
