import ArgumentParser
import Jobs
import Reporting

/// How a result is printed.
struct FormatOptions<Report: Reportable>: ParsableArguments {
  @Option(help: ArgumentHelp("How to print.", discussion: FormatName<Report>.explained))
  var format = FormatName<Report>()

  /// Whether the result is printed for people.
  var isUsual: Bool { format.isUsual }

  /// Prints the result; `showsAll`: text for people has what says nothing new, too.
  func print(_ report: Report, _ console: Console, showsAll: Bool = false) throws {
    console.print(try format.format.document(report, console.layout(showsAll: showsAll)))
  }

  /// Prints a result of another kind that the same command has, in its format of the same name.
  func print(other report: some Reportable, _ console: Console) throws {
    try report.print(named: format.name, console)
  }
}

extension Reportable {
  fileprivate func print(named name: String, _ console: Console) throws {
    guard let format = Self.format(named: name) ?? Self.formats.first else { return }
    console.print(try format.document(self, console.layout(showsAll: false)))
  }
}

extension Console {
  /// Of results.
  func layout(showsAll: Bool) -> ReportLayout {
    ReportLayout(width: width, style: style, showsAll: showsAll)
  }
}
