import Foundation
import POSIXSupport
import RegressionAnalysis
import Reporting
import RunRecords

/// The folder of a check: what was asked for, the records of its runs, what they say.
struct CheckFolder: Sendable {
  let path: String

  var runs: String { "\(path)/runs" }
  private var setupFile: String { "\(path)/check.json" }

  /// Why a folder is none of a check.
  struct Fault: Error, CustomStringConvertible {
    var path: String
    var problem: String

    var description: String { "\(path): \(problem)" }
  }

  /// Begins a new check.
  func begin(_ setup: CheckSetup) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    try UserFolders.makeFolder(path, mode: 0o755)
    try AtomicFile.write(try encoder.encode(setup), to: setupFile)
  }

  /// Reads what a check was asked for, and the runs that it has made.
  /// - Throws: ``Fault``, `RunRecordError`.
  func resume() throws -> (setup: CheckSetup, made: [RunRecord]) {
    guard let data = FileManager.default.contents(atPath: setupFile) else {
      throw Fault(path: path, problem: "holds no check (there is no check.json)")
    }
    guard let setup = try? JSONDecoder().decode(CheckSetup.self, from: data),
      setup.schema == CheckSetup.currentSchema
    else {
      throw Fault(
        path: setupFile, problem: "is not a check of this version ('\(CheckSetup.currentSchema)')")
    }
    let made = FileManager.default.fileExists(atPath: runs) ? try RecordFiles.read([runs]) : []
    if let stranger = made.first(where: { $0.experiment?.id != setup.id }) {
      throw Fault(path: runs, problem: "run \(stranger.id) belongs to another check")
    }
    return (setup, made)
  }

  /// Keeps what the runs say.
  func write(_ verdict: Verdict, _ report: VerdictReport) throws {
    try AtomicFile.write(try verdict.encoded(), to: "\(path)/verdict.json")
    try AtomicFile.write(try report.json(), to: "\(path)/report.json")
    try AtomicFile.write(
      report.text(width: 120, style: .plain, showsAll: true).utf8, to: "\(path)/report.txt")
  }
}
