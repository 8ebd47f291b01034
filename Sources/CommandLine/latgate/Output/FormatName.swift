import ArgumentParser
import Reporting

/// The name of a format that results of one kind can be printed in.
struct FormatName<Report: Reportable>: ExpressibleByArgument {
  let format: any ReportFormat<Report>

  /// The kind's usual format.
  init() { format = Report.formats[0] }

  init?(argument: String) {
    guard let format = Report.format(named: argument) else { return nil }
    self.format = format
  }

  var name: String { format.name }

  /// Whether people read it where it is printed.
  var isUsual: Bool { name == Report.formats[0].name }

  var defaultValueDescription: String { name }

  static var allValueStrings: [String] { Report.formats.map(\.name) }

  static var defaultCompletionKind: CompletionKind { .list(allValueStrings) }

  /// Every format with what it is for, where there are more than text and JSON.
  static var explained: String {
    guard Report.formats.count > 2 else { return "" }
    return Report.formats.map { "\($0.name) (\($0.summary))" }.joined(separator: ", ") + "."
  }
}
