/// A build as one page: its checks over devices and suites, and what they disagree about.
struct BuildPage {
  let report: BuildReport

  init(_ report: BuildReport) {
    self.report = report
  }

  /// The document, with a newline at its end.
  var html: String {
    let outcomes = Set(report.checks.map(\.outcome))
    let tone =
      outcomes.isSubset(of: ["pass", "waived"])
      ? "good" : outcomes.isDisjoint(with: ["regression", "failed"]) ? "doubt" : "bad"
    let title = "Build \(report.name)"
    let id =
      report.build == report.name ? [] : [Markup.tag("p", [:], [.tag("code", text: report.build)])]
    let head = Markup.tag(
      "header", ["class": "verdict \(tone)"],
      [.tag("p", ["class": "word"], text: "Build"), .tag("h1", text: report.sentence)] + id)
    return Markup.page(title: title, [head, checks] + rows + [footer])
  }

  private var checks: Markup {
    .tag(
      "section", [:],
      [
        .tag("h2", text: "Checks"),
        VerdictPage.factTable(
          ["check", "suite", "device", "outcome", "owner", "judged", "because"],
          report.checks.enumerated().map { place, check in
            [
              "\(place + 1)", check.suite, check.place, check.outcome, check.owner ?? "–",
              check.at.formatted(.iso8601), check.reason,
            ]
          }, caption: "The last verdict of each suite on each device"),
      ])
  }

  private var rows: [Markup] {
    [(true, "Where checks disagree"), (false, "Worse wherever it was judged")].compactMap {
      disagrees, heading in
      let own = report.rows.filter { $0.disagrees == disagrees }
      guard !own.isEmpty else { return nil }
      return .tag(
        "section", [:],
        [
          .tag("h2", text: heading),
          VerdictPage.factTable(
            ["metric"] + report.checks.indices.map { "\($0 + 1)" },
            own.map { row in
              ["\(row.metric) \(row.statistic)"]
                + row.findings.map { finding in
                  finding.map { "\($0.text), \($0.outcome)" } ?? "–"
                }
            }, caption: "Change by check, as numbered above"),
        ])
    }
  }

  private var footer: Markup {
    .tag(
      "footer",
      text: "latgate. Devices differ in what they can find: 'no change' is shown within a budget, "
        + "'inconclusive' is neither.")
  }
}
