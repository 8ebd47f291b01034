import RegressionAnalysis

extension VerdictPage {
  /// Rows of the table, at most: a pattern may match hundreds of metrics.
  private static let mostDeadlines = 60

  /// How operations stand to the suite's fixed limits.
  var deadlines: Markup {
    guard let deadlines = report.deadlines else { return .group([]) }
    // What is missed must not be what is left out.
    let ranked = deadlines.enumerated().sorted { left, right in
      (left.element.state, left.offset) < (right.element.state, right.offset)
    }
    let shown =
      deadlines.count > Self.mostDeadlines
      ? ranked.prefix(Self.mostDeadlines).map(\.element) : deadlines
    let rows = shown.map { one in
      [
        one.metric, one.time, one.allowance, one.standing,
        Self.cell(one.candidate), one.candidate?.overRuns ?? "–", Self.cell(one.reference),
      ]
    }
    return .tag(
      "section", ["id": "deadlines"],
      [
        .tag("h2", text: "Deadlines"),
        .tag(
          "p",
          text: "How many operations took longer than a fixed limit, whatever the reference does. "
            + "Exact intervals take operations as independent; the interval over runs, which is what "
            + "is judged, takes the run as the unit. Where the limit lies inside a bucket of the "
            + "histogram, the operations of that bucket count as too long."),
        Self.factTable(
          ["metric", "limit", "may exceed it", "", "candidate", "over runs", "reference"], rows,
          caption: "Operations above their limit"),
      ]
        + (deadlines.count > shown.count
          ? [
            .tag(
              "p", ["class": "soft"],
              text:
                "Left out: \(counted(deadlines.count - shown.count, "deadline")), those that are met "
                + "first; report.json has all.")
          ] : []))
  }

  private static func cell(_ arm: VerdictReport.Deadline.Arm?) -> String {
    arm.map { "\($0.count) (\($0.interval)), \($0.longest)" } ?? "–"
  }
}
