import Foundation
import POSIXSupport
import RecordStore
import RunRecords

/// Run records in directories and files.
package enum RecordFiles {
  /// Writes a record and returns its path.
  package static func write(_ record: RunRecord, to directory: String) throws -> String {
    try UserDirectories.makeDirectory(directory, mode: 0o755)
    let path = path(of: record, in: directory)
    try AtomicFile.write(try record.encoded(file: path), to: path)
    return path
  }

  package static func path(of record: RunRecord, in directory: String) -> String {
    let place = record.experiment.map { place in
      // Any number: a name that another run has as well would cost its record.
      let number = String(place.order)
      let zeros = String(repeating: "0", count: max(0, 3 - number.count))
      return "\(zeros)\(number)-\(place.arm.rawValue)"
    }
    return "\(directory)/\(place ?? "run-\(record.id.prefix(8))").json"
  }

  /// Reads the records that paths name: files, the `.json` files in directories, and those of a
  /// check's own directory.
  /// - Throws: `RunRecordError` naming the file.
  package static func read(_ paths: [String]) throws -> [RunRecord] {
    try documents(paths).map(\.record)
  }

  /// As ``read(_:)``, with the bytes.
  package static func documents(_ paths: [String]) throws -> [RunDocument] {
    try paths.flatMap(files).map { path in
      guard let data = FileManager.default.contents(atPath: path) else {
        throw RunRecordError.unreadable(file: path)
      }
      return try RunDocument(data, file: path)
    }
  }

  /// Whether it is the directory of a check.
  package static func isCheck(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: "\(path)/check.json")
  }

  private static func files(_ path: String) -> [String] {
    guard PathKind.isDirectory(path) else { return [path] }
    if isCheck(path) { return files(CheckDirectory(path: path).runs) }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.filter { $0.hasSuffix(".json") }.sorted().map { "\(path)/\($0)" }
  }
}
