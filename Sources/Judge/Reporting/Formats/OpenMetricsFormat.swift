/// OpenMetrics text, for GitLab's metrics reports and Prometheus: what each arm measured and what the
/// comparison says of it.
struct OpenMetricsFormat: ReportFormat {
  let name = "openmetrics"
  let summary = "OpenMetrics text, also for GitLab's reports:metrics"

  func document(_ report: VerdictReport, _ layout: ReportLayout) -> String {
    let common = [("suite", report.suite), ("device", report.target)]
    var lines = [
      "# HELP latgate_exit_code Exit code of the verdict: 0 pass, 1 regression, 2 inconclusive, 3 invalid.",
      "# TYPE latgate_exit_code gauge",
      Self.sample("latgate_exit_code", common, Double(report.exitCode)),
    ]
    func add(
      _ name: String, _ help: String,
      _ samples: [(VerdictReport.Row, [(String, String)], Double)]
    ) {
      guard !samples.isEmpty else { return }
      lines += ["# HELP \(name) \(help)", "# TYPE \(name) gauge"]
      lines += samples.map { row, labels, value in
        Self.sample(
          name,
          common + [("metric", row.metric), ("statistic", row.statistic)] + labels, value)
      }
    }
    // One family for each unit: numbers of different units must not be summed up. Units that are written
    // alike in a name, such as `B/s` and `b.s`, get a number.
    var families: Set<String> = []
    for unit in Set(report.rows.map(\.unit)).sorted() {
      let rows = report.rows.filter { $0.unit == unit }
      let isTime = unit == "ns"
      let suffix = isTime ? "seconds" : Self.word(unit)
      let scale = isTime ? 1e-9 : 1
      let base = "latgate_value" + (suffix.isEmpty ? "" : "_\(suffix)")
      var name = base
      var number = 1
      while !families.insert(name).inserted {
        number += 1
        name = "\(base)_\(number)"
      }
      add(
        name,
        "What an arm measured, over its runs.",
        rows.flatMap { row in
          [("reference", row.reference), ("candidate", row.candidate)].compactMap { arm, value in
            value.map { (row, [("arm", arm)], $0 * scale) }
          }
        })
    }
    func ratios(
      _ name: String, _ help: String, _ value: (VerdictReport.Row) -> Double?
    ) {
      // A metric that changed its unit has rows of both: one series must not have two values.
      var known: Set<[String]> = []
      add(
        name, help,
        report.rows.compactMap { row in
          guard let value = value(row), known.insert([row.metric, row.statistic]).inserted else {
            return nil
          }
          return (row, [], value)
        })
    }
    ratios("latgate_change_ratio", "Candidate / reference - 1.") { $0.change }
    ratios("latgate_change_lower_ratio", "Lower bound of the change.") { $0.lower }
    ratios("latgate_change_upper_ratio", "Upper bound of the change.") { $0.upper }
    ratios("latgate_regression", "1 where the statistic fails the firmware, else 0.") {
      $0.isGating ? ($0.isRegression ? 1 : 0) : nil
    }
    return (lines + ["# EOF"]).map { $0 + "\n" }.joined()
  }

  private static func sample(_ name: String, _ labels: [(String, String)], _ value: Double)
    -> String
  {
    let text = labels.map { "\($0.0)=\"\(escaped($0.1))\"" }.joined(separator: ",")
    return "\(name){\(text)} \(number(value))"
  }

  private static func number(_ value: Double) -> String {
    value.isNaN ? "NaN" : value.isInfinite ? (value < 0 ? "-Inf" : "+Inf") : "\(value)"
  }

  private static func escaped(_ text: String) -> String {
    singleLine(text).replacing("\\", with: "\\\\")
      .replacing("\"", with: "\\\"")
  }

  /// A unit as a part of a name.
  private static func word(_ unit: String) -> String {
    let words = ["%": "percent", "/s": "per_second"]
    if let word = words[unit] { return word }
    return String(
      unit.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? Character($0.lowercased()) : "_" })
  }
}
