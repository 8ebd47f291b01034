import Foundation

/// A result that people read in a terminal or a log.
package protocol TextReport: Sendable {
  /// With a newline after each line.
  func text(_ layout: ReportLayout) -> String
}

/// A ``TextReport`` that always shows all it has.
package protocol WholeTextReport: TextReport {
  func text(width: Int, style: TextStyle) -> String
}

extension WholeTextReport {
  package func text(_ layout: ReportLayout) -> String {
    text(width: layout.width, style: layout.style)
  }
}

/// A ``TextReport`` that leaves out what says nothing new.
package protocol BriefTextReport: TextReport {
  func text(width: Int, style: TextStyle, showsAll: Bool) -> String
}

extension BriefTextReport {
  package func text(_ layout: ReportLayout) -> String {
    text(width: layout.width, style: layout.style, showsAll: layout.showsAll)
  }
}

/// A result that programs read.
package protocol JSONReport: Sendable {
  /// Deterministic for equal results, with a newline at its end.
  func json() throws -> Data
}

/// ``TextReport`` as a format.
package struct TerminalFormat<Report: TextReport>: ReportFormat {
  package let name = "terminal"
  package let summary = "text for people"

  package init() {}

  package func document(_ report: Report, _ layout: ReportLayout) -> String {
    report.text(layout)
  }
}

/// ``JSONReport`` as a format.
package struct JSONFormat<Report: JSONReport>: ReportFormat {
  package let name = "json"
  package let summary = "everything, for programs"

  package init() {}

  package func document(_ report: Report, _ layout: ReportLayout) throws -> String {
    String(decoding: try report.json(), as: UTF8.self)
  }
}

extension Reportable where Self: TextReport, Self: JSONReport {
  /// Text and JSON, which every result has.
  package static var commonFormats: [any ReportFormat<Self>] {
    [TerminalFormat<Self>(), JSONFormat<Self>()]
  }

  package static var formats: [any ReportFormat<Self>] { commonFormats }
}
