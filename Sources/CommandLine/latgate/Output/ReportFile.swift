import ArgumentParser
import Foundation
import POSIXSupport
import Reporting

/// A file that a result is written to beside what is printed: `FORMAT=FILE`.
struct ReportFile<Report: Reportable>: ExpressibleByArgument {
  let format: any ReportFormat<Report>
  let path: String

  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1)
    guard parts.count == 2, let format = Report.format(named: String(parts[0])) else { return nil }
    self.format = format
    path = String(parts[1])
  }

  init(format: any ReportFormat<Report>, path: String) {
    self.format = format
    self.path = path
  }

  /// The same beside it for one of several devices: `out/results.xml` becomes
  /// `out/results-NAME.xml`.
  func renamed(for name: String) -> ReportFile {
    let url = URL(fileURLWithPath: path)
    let stem = url.deletingPathExtension().lastPathComponent
    let suffix = url.pathExtension.isEmpty ? "" : ".\(url.pathExtension)"
    let directory = PathParent.of(path)
    let file = "\(stem)-\(name)\(suffix)"
    return ReportFile(format: format, path: directory == "." ? file : "\(directory)/\(file)")
  }

  /// For help texts.
  static var example: String { "As in --report \(Report.formats.last?.name ?? "json")=FILE." }

  var argument: String { "\(format.name)=\(path)" }

  /// - Throws: what the format throws, `SystemCallError`.
  func write(_ report: Report, showsAll: Bool) throws {
    var layout = ReportLayout.file
    layout.showsAll = showsAll
    let directory = PathParent.of(path)
    if directory != "." { try UserDirectories.makeDirectory(directory, mode: 0o755) }
    try AtomicFile.write(try format.document(report, layout).utf8, to: path)
  }
}
