import ArgumentParser
import Foundation
import Jobs
import POSIXSupport
import Reporting
import RunRecords

/// What commands take that make a run record of files.
struct RecordOptions: ParsableArguments {
  @Option(
    name: .shortAndLong, help: "File for the run record. Default: none is kept.",
    completion: .file())
  var output: String?

  @Flag(help: "Draw every histogram, not only those with the most events.")
  var all = false

  @OptionGroup var report: ReportOptions<RunReport>

  /// Tries the places of files before anything is read.
  /// - Throws: `ResultPlace.PlaceError`.
  func requirePlaces() throws {
    if let output { try ResultPlace.requireFile(output) }
    try report.requirePlaces()
  }

  /// Prints the report on a record, and keeps the record where that is asked for.
  func show(_ result: RunReport, of record: RunRecord, _ console: Console) throws {
    try report.show(result, console, showsAll: all)
    guard let output else { return }
    try AtomicFile.write(try record.encoded(file: output), to: output)
    console.note("record: \(output)")
  }
}
