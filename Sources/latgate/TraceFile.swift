import Foundation
import PerfettoTraces

/// A trace in a file.
enum TraceFile {
  /// - Throws: ``TraceFault`` naming the file.
  static func fold(_ path: String, by folder: TraceFolder) throws -> FoldedTrace {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw TraceFault(file: path, problem: "cannot be read: check the path and its permissions")
    }
    do {
      return try folder.fold([UInt8](data))
    } catch {
      throw TraceFault(file: path, problem: error.description)
    }
  }
}

/// A trace that cannot be folded.
struct TraceFault: Error, CustomStringConvertible {
  let file: String
  let problem: String

  var description: String { "\(file): \(problem)" }
}
