/// A test suite for the test tab of a CI: a case for each metric, and one for the verdict itself.
struct JUnitFormat: ReportFormat {
  let name = "junit"
  let summary = "JUnit XML, a test case for each metric"

  func document(_ report: VerdictReport, _ layout: ReportLayout) -> String {
    let cases =
      [verdictCase(report)] + (report.deadlines ?? []).map { deadlineCase($0) }
      + metricCases(report)
    let failures = cases.count { $0.kind == .failure }
    let errors = cases.count { $0.kind == .error }
    let skipped = cases.count { $0.kind == .skipped }
    let counts = [
      ("tests", "\(cases.count)"), ("failures", "\(failures)"), ("errors", "\(errors)"),
      ("skipped", "\(skipped)"), ("time", "0"),
    ]
    let suite = Markup.element(
      "testsuite", [("name", "latgate.\(report.suite)")] + counts,
      [
        .tag(
          "properties", [:],
          [
            ("reference", report.reference.fullName), ("candidate", report.candidate.fullName),
            ("device", report.target), ("evidence", report.grade),
            ("owner", report.owner ?? ""),
          ].map { .tag("property", ["name": $0.0, "value": $0.1]) })
      ] + cases.map { $0.markup(suite: report.suite) })
    let root = Markup.element(
      "testsuites", [("name", "latgate")] + counts.filter { $0.0 != "skipped" }, [suite])
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\(root.xml)\n"
  }

  private struct Case {
    enum Kind: String {
      case passed, failure, error, skipped
    }

    var name: String
    var kind: Kind
    /// One line.
    var message: String
    var details: [String]

    func markup(suite: String) -> Markup {
      let attributes = [("classname", "latgate.\(suite)"), ("name", name), ("time", "0")]
      let text = details.joined(separator: "; ")
      switch kind {
      case .passed:
        return .element(
          "testcase", attributes, text.isEmpty ? [] : [.tag("system-out", text: text)])
      case .skipped:
        return .element("testcase", attributes, [.tag("skipped", ["message": message])])
      case .failure, .error:
        return .element(
          "testcase", attributes,
          [.tag(kind.rawValue, ["message": message, "type": "latgate"], text: text)])
      }
    }
  }

  /// What no single metric says: a device that cannot be trusted must not leave the tab green.
  private func verdictCase(_ report: VerdictReport) -> Case {
    let conclusion = Conclusion(report)
    let kind: Case.Kind =
      switch report.outcome {
      case .pass: .passed
      case .regression: .failure
      case .inconclusive, .invalid: .error
      }
    return Case(
      name: "verdict", kind: kind, message: "\(conclusion.word): \(conclusion.sentence)",
      details: conclusion.answers.map { "\($0.question): \($0.answer)" } + report.next)
  }

  private func deadlineCase(_ deadline: VerdictReport.Deadline) -> Case {
    let isMet = deadline.isWaived || deadline.isMet
    return Case(
      name: "\(deadline.metric) within \(deadline.time)",
      kind: isMet ? .passed : deadline.isMissed ? .failure : .error,
      message: isMet ? "" : "\(deadline.standing): \(deadline.text)", details: [deadline.text])
  }

  private func metricCases(_ report: VerdictReport) -> [Case] {
    var order: [String] = []
    var rows: [String: [VerdictReport.Row]] = [:]
    for row in report.rows {
      if rows[row.metric] == nil { order.append(row.metric) }
      rows[row.metric, default: []].append(row)
    }
    return order.map { metric in metricCase(metric, rows[metric] ?? []) }
  }

  private func metricCase(_ metric: String, _ rows: [VerdictReport.Row]) -> Case {
    func first(_ fits: (VerdictReport.Row) -> Bool) -> VerdictReport.Row? {
      rows.first(where: fits)
    }
    let details = rows.filter { $0.finding != .notMeasurable }.map(\.line)
    if let row = rows.filter(\.isRegression).max(by: { abs($0.change ?? 0) < abs($1.change ?? 0) })
    {
      return Case(name: metric, kind: .failure, message: row.line, details: details)
    }
    if let row = first({ $0.isGating && ($0.finding == .invalid || $0.finding == .probeLost) }) {
      return Case(name: metric, kind: .error, message: row.line, details: details)
    }
    if let row = first(\.isHeldBack) {
      return Case(name: metric, kind: .error, message: row.line, details: details)
    }
    if rows.allSatisfy({
      $0.finding == .notMeasurable || $0.finding == .invalid || $0.finding == .probeLost
    }) {
      return Case(
        name: metric, kind: .skipped, message: rows.first.map(\.line) ?? "not measured", details: []
      )
    }
    return Case(name: metric, kind: .passed, message: "", details: details)
  }
}

extension VerdictReport.Row {
  /// `p99 85.9 us → 3.93 ms (45.8 times), interval 43.3 … 48.5 times: regression`.
  var line: String {
    let values = [reference, candidate].compactMap(\.self).map { humanValue($0, unit: unit) }
      .joined(separator: " → ")
    let parts = [
      values, change.map { "(\(largeChange($0)))" } ?? "",
      lower == nil ? "" : "interval \(interval)",
    ].filter { !$0.isEmpty }
    let waiver = isWaived ? ", waived" : ""
    let remark = note.isEmpty ? "" : " (\(note))"
    return ([statistic] + parts).joined(separator: " ") + ": \(finding.rawValue)\(waiver)\(remark)"
  }
}
