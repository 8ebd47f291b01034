import Catalogs
import Foundation
import POSIXSupport
import PerfettoTraces

/// A trace in a file.
package struct TraceFile {
  package let path: String

  package init(
    path: String
  ) {
    self.path = path
  }

  /// - Throws: ``TraceFileError`` naming the file, `CancellationError`.
  package func folded(by folder: TraceFolder) throws -> FoldedTrace {
    let bytes = try bytes()
    do {
      return try folder.fold(bytes)
    } catch .interrupted {
      throw CancellationError()
    } catch .noProcess(let names, let known) {
      let error = PerfettoTraceError.noProcess(names, known: known)
      throw TraceFileError(
        file: path, problem: "\(error.description): \(Self.hint(names, known)) (--process)")
    } catch {
      throw TraceFileError(file: path, problem: error.description)
    }
  }

  /// The file's bytes, which a pipe may give as well.
  private func bytes() throws -> [UInt8] {
    if PathKind.isDirectory(path) {
      throw TraceFileError(file: path, problem: "is a directory: name the trace itself")
    }
    guard let file = FileHandle(forReadingAtPath: path) else {
      throw TraceFileError(
        file: path, problem: "cannot be read: check the path and its permissions")
    }
    var bytes: [UInt8] = []
    do {
      while let piece = try file.read(upToCount: 8 << 20), !piece.isEmpty {
        bytes += piece
        guard bytes.count <= TraceFolder.byteLimit else {
          throw TraceFileError(
            file: path,
            problem: "larger than \(TraceFolder.byteLimit >> 30) GiB: record less, or cut it with"
              + " perfetto's own tools")
        }
        try Task.checkCancellation()
      }
    } catch  where !(error is TraceFileError || error is CancellationError) {
      throw TraceFileError(file: path, problem: "cannot be read: \(error.localizedDescription)")
    }
    return bytes
  }

  private static func hint(_ names: [String], _ known: Set<String>) -> String {
    let named = known.filter { !$0.isEmpty }
    if let near = names.lazy.compactMap({ nearest($0, named) }).first {
      return "did you mean '\(near)'?"
    }
    if named.isEmpty { return "it names none; record with the data source linux.process_stats" }
    let shown = named.sorted().prefix(5).joined(separator: ", ")
    return "it has \(named.count), such as \(shown)"
  }

  /// By the whole name, or by the program's without its directory.
  private static func nearest(_ name: String, _ known: Set<String>) -> String? {
    known.sorted().first { $0.hasSuffix("/\(name)") } ?? nearestName(to: name, in: known)
  }
}

/// A trace that cannot be folded.
package struct TraceFileError: Error, CustomStringConvertible {
  package let file: String
  package let problem: String

  package var description: String { "\(file): \(problem)" }
}
