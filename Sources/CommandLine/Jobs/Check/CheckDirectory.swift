import Foundation
import POSIXSupport
import RegressionAnalysis
import Reporting
import RunRecords

/// The directory of a check: what was asked for, the records of its runs, what they say.
package struct CheckDirectory: Sendable {
  package let path: String

  package init(
    path: String
  ) {
    self.path = path
  }

  package var runs: String { "\(path)/runs" }
  private var setupFile: String { "\(path)/check.json" }
  private var profileFile: String { "\(path)/profile.json" }

  /// Why a directory is none of a check.
  package struct CheckError: Error, CustomStringConvertible {
    package var path: String
    package var problem: String

    package var description: String { "\(path): \(problem)" }
  }

  /// A check that was begun before.
  package struct Begun {
    package var setup: CheckSetup
    /// What was known of the bench's noise then.
    package var profile: NoiseProfile?
    /// The runs that it has made.
    package var made: [RunRecord]
  }

  /// Begins a check.
  ///
  /// What is known of the bench's noise is kept beside it: a profile that has grown by these very
  /// runs must not judge them.
  /// - Throws: `ResultPlace.PlaceError` where another check has runs.
  package func begin(_ setup: CheckSetup, profile: NoiseProfile?) throws {
    try requireNoOther(than: setup)
    try UserDirectories.makeDirectory(path, mode: 0o755)
    if let profile {
      try AtomicFile.write(try profile.encoded(), to: profileFile)
    } else {
      unlink(profileFile)
    }
    try AtomicFile.write(try encodedJSON(setup), to: setupFile)
  }

  /// Runs of two checks in one place replace each other, and neither can be resumed.
  private func requireNoOther(than setup: CheckSetup) throws {
    guard let data = FileManager.default.contents(atPath: setupFile),
      let other = try? decodeJSON(from: data) as CheckSetup, other.id != setup.id,
      let names = try? FileManager.default.contentsOfDirectory(atPath: runs),
      names.contains(where: { $0.hasSuffix(".json") })
    else { return }
    throw ResultPlace.PlaceError(
      path: path,
      problem: "it holds the runs of another check; name another directory, or continue that one "
        + "with --resume", isPlace: true)
  }

  /// Reads what a check was begun with, and its outcome.
  /// - Throws: ``CheckError``, `RunRecordError`, `NoiseProfileError`.
  package func resume() throws -> Begun {
    guard let data = FileManager.default.contents(atPath: setupFile) else {
      throw CheckError(path: path, problem: "holds no check (there is no check.json)")
    }
    let setup: CheckSetup
    do {
      setup = try decodeJSON(from: data)
    } catch {
      throw CheckError(
        path: setupFile,
        problem: "is not a check of this version ('\(CheckSetup.currentSchema)'): \(error.text)")
    }
    guard setup.schema == CheckSetup.currentSchema else {
      throw CheckError(
        path: setupFile, problem: "is not a check of this version ('\(CheckSetup.currentSchema)')")
    }
    do {
      try setup.validate()
    } catch {
      throw CheckError(
        path: setupFile,
        problem: "\(error.text); put the file back as it was, or begin the check anew")
    }
    let made = FileManager.default.fileExists(atPath: runs) ? try RecordFiles.read([runs]) : []
    if let stranger = made.first(where: { $0.experiment?.id != setup.id }) {
      throw CheckError(path: runs, problem: "run \(stranger.id) belongs to another check")
    }
    let profile = try FileManager.default.contents(atPath: profileFile).map {
      try NoiseProfile.decode($0, file: profileFile)
    }
    return Begun(setup: setup, profile: profile, made: made)
  }

  /// Writes records again that are not there any more.
  /// - Returns: how many.
  package func restore(_ records: [RunRecord]) throws -> Int {
    let lost = records.filter {
      !FileManager.default.fileExists(atPath: RecordFiles.path(of: $0, in: runs))
    }
    for record in lost { _ = try RecordFiles.write(record, to: runs) }
    return lost.count
  }

  /// Whether what the check was asked for is still there.
  package var isBegun: Bool { FileManager.default.fileExists(atPath: setupFile) }

  /// Keeps what the runs say.
  package func write(_ verdict: Verdict, _ report: VerdictReport) throws {
    try AtomicFile.write(try verdict.encoded(), to: "\(path)/verdict.json")
    try AtomicFile.write(try report.json(), to: "\(path)/report.json")
    try AtomicFile.write(
      report.text(width: 120, style: .plain, showsAll: true).utf8, to: "\(path)/report.txt")
    for (name, file) in [("html", "report.html"), ("why", "why.json")] {
      guard let format = VerdictReport.format(named: name) else { continue }
      try AtomicFile.write(try format.document(report, .file).utf8, to: "\(path)/\(file)")
    }
  }
}
