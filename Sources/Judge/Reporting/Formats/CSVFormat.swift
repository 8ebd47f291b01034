/// A table for spreadsheets and scripts: RFC 4180, a row for each statistic.
struct CSVFormat: ReportFormat {
  let name = "csv"
  let summary = "a row for each statistic, for spreadsheets"

  private static let titles = [
    "metric", "statistic", "unit", "reference", "candidate", "change", "lower", "upper",
    "detectable", "budget", "finding", "gating", "blocking", "waived", "note",
  ]

  func document(_ report: VerdictReport, _ layout: ReportLayout) -> String {
    func number(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
    let rows = report.rows.map { row in
      [
        row.metric, row.statistic, row.unit, number(row.reference), number(row.candidate),
        number(row.change), number(row.lower), number(row.upper), number(row.detectable),
        number(row.budget), row.finding.rawValue, "\(row.isGating)", "\(row.isBlocking)",
        "\(row.isWaived)", row.note,
      ]
    }
    return ([Self.titles] + rows).map { $0.map(Self.cell).joined(separator: ",") + "\r\n" }.joined()
  }

  private static func cell(_ text: String) -> String {
    var text = singleLine(text)
    // A spreadsheet must not run what a device calls its metric; numbers stay numbers.
    if let first = text.first, "=+-@".contains(first), Double(text) == nil { text = "'" + text }
    guard text.contains(where: { ",\"".contains($0) }) else { return text }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }
}
