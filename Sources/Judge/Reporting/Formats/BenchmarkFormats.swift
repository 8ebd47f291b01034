import Foundation

/// What `github-action-benchmark` reads as `customSmallerIsBetter`: the candidate's numbers, for its
/// chart over commits.
struct GitHubBenchmarkFormat: ReportFormat {
  let name = "github-benchmark"
  let summary = "the candidate's numbers for github-action-benchmark"

  private struct Entry: Encodable {
    var name: String
    var unit: String
    var value: Double
    /// The interval of the change, as its chart shows ranges.
    var range: String?
    var extra: String
  }

  func document(_ report: VerdictReport, _ layout: ReportLayout) throws -> String {
    let entries = report.rows.compactMap { row -> Entry? in
      // Its chart has one direction for all: numbers of which more is better have no place there.
      guard row.isGating, let value = row.candidate, !row.isHigherBetter else { return nil }
      return Entry(
        name: "\(row.metric) \(row.statistic)", unit: row.unit, value: value,
        range: row.lower == nil ? nil : row.interval,
        extra: "\(row.finding.rawValue)\n\(report.candidate.fullName)")
    }
    return String(decoding: try encodedJSON(entries), as: UTF8.self)
  }
}

/// Bencher Metric Format: the candidate's numbers by benchmark and measure.
struct BencherFormat: ReportFormat {
  let name = "bencher"
  let summary = "the candidate's numbers as Bencher Metric Format"

  private struct Measure: Encodable {
    var value: Double
    var lower_value: Double?
    var upper_value: Double?
  }

  func document(_ report: VerdictReport, _ layout: ReportLayout) throws -> String {
    var benchmarks: [String: [String: Measure]] = [:]
    for row in report.rows {
      guard row.isGating, let value = row.candidate else { continue }
      // What the interval of the change means for the candidate's number.
      let bounds = row.reference.flatMap { reference in
        row.lower.flatMap { low in row.upper.map { (reference * (1 + low), reference * (1 + $0)) } }
      }
      benchmarks[row.metric, default: [:]][Self.measure(row)] = Measure(
        value: value, lower_value: bounds.map { min($0.0, value) },
        upper_value: bounds.map { max($0.1, value) })
    }
    return String(decoding: try encodedJSON(benchmarks), as: UTF8.self)
  }

  /// `latency-p99`, `events-tail`: a measure has one unit.
  private static func measure(_ row: VerdictReport.Row) -> String {
    let kind = row.unit == "ns" ? "latency" : row.unit.isEmpty ? "value" : row.unit
    return "\(kind)-\(row.statistic.replacing(" ", with: "-"))"
  }
}
