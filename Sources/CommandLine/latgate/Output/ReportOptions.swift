import ArgumentParser
import Jobs
import Reporting

/// How a result is printed, and which files it is written to beside that.
struct ReportOptions<Report: Reportable>: ParsableArguments {
  @OptionGroup var printing: FormatOptions<Report>

  @Option(
    name: .customLong("report"),
    help: ArgumentHelp(
      "Also write the result to a file in this format; may be repeated.",
      discussion: ReportFile<Report>.example,
      valueName: "format=file"))
  var files: [ReportFile<Report>] = []

  func validate() throws {
    var seen: Set<String> = []
    for file in files where !seen.insert(file.path).inserted {
      throw ValidationError(
        "--report names \(file.path) twice: each result needs a file of its own")
    }
  }

  /// Whether the result is printed for people.
  var isUsual: Bool { printing.isUsual }

  /// Tries the files' places before anything is measured.
  /// - Throws: `ResultPlace.PlaceError`.
  func requirePlaces() throws {
    for file in files { try ResultPlace.requireFile(file.path, makesDirectory: true) }
  }

  /// Prints the result, then writes the files: those of other formats as well when one fails.
  /// - Throws: the first fault of a file, once all were tried.
  func show(_ report: Report, _ console: Console, showsAll: Bool = false) throws {
    try printing.print(report, console, showsAll: showsAll)
    var fault: (any Error)?
    for file in files {
      do {
        try file.write(report, showsAll: showsAll)
        console.note("\(file.format.name): \(file.path)")
      } catch {
        fault = fault ?? error
      }
    }
    if let fault { throw fault }
  }
}
