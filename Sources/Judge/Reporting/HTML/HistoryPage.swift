import RunRecords

/// Metrics over builds as one page: where levels changed, what of that was accepted or waived, and a
/// picture for each metric, those that changed first.
struct HistoryPage {
  let report: HistoryReport

  /// Metrics that are drawn, at most, so that the page stays small over a thousand builds.
  private static let mostDrawn = 24

  init(_ report: HistoryReport) {
    self.report = report
  }

  /// The document, with a newline at its end.
  var html: String {
    let changed = report.metrics.filter { !$0.steps.isEmpty }
    let ordered = changed + report.metrics.filter { $0.steps.isEmpty }
    let title = "\(report.suite) on \(report.target) over \(counted(report.builds.count, "build"))"
    let summary = Markup.tag(
      "header", ["class": "verdict \(changed.isEmpty ? "good" : "doubt")"],
      [
        .tag("p", ["class": "word"], text: "History"),
        .tag("h1", text: title),
        .tag(
          "p",
          text: changed.isEmpty
            ? "No metric of \(report.metrics.count) changed for good."
            : "\(changed.count) of \(counted(report.metrics.count, "statistic")) changed for good."
        ),
      ])
    let drawn = ordered.prefix(Self.mostDrawn)
    var parts = [summary, changes, drifts, waivers, .tag("h2", text: "Over builds"), key]
    parts.append(
      .tag("div", ["class": "charts"], drawn.map(figure)))
    if ordered.count > drawn.count {
      parts.append(
        .tag(
          "p", ["class": "soft"],
          text: "Not drawn: \(counted(ordered.count - drawn.count, "more statistic")); name fewer "
            + "metrics, or see 'latgate history --format json'."))
    }
    parts.append(
      .tag(
        "footer",
        text: "latgate. Builds stand in the order in which they were first measured; a change of "
          + "level is for looking back, 'latgate check' judges a new build."))
    return Markup.page(title: title, parts)
  }

  private var key: Markup {
    ChartFrame.key([
      ("ref", "value of a build"), ("cand level", "level"), ("step", "change of level"),
      ("accepted", "accepted as meant"),
    ])
  }

  private func figure(_ metric: HistoryReport.Metric) -> Markup {
    .tag(
      "figure", [:],
      [
        HistoryChart(
          metric: metric, builds: report.builds.map(\.id),
          accepted: Set(report.accepted.map(\.build))
        ).markup,
        .tag(
          "figcaption", [:],
          [.tag("code", text: metric.metric), .text(" \(metric.statistic)")]),
      ])
  }

  private var changes: Markup {
    let order = Dictionary(report.builds.enumerated().map { ($1.id, $0) }) { first, _ in first }
    let all = report.metrics.flatMap { metric in metric.steps.map { (metric, $0) } }
      .sorted { (order[$0.1.build] ?? 0) < (order[$1.1.build] ?? 0) }
    guard !all.isEmpty else { return .group([]) }
    return table(
      ["since build", "metric", "before", "after", "change", "p", "standing"],
      all.map { metric, step in
        [
          report.name(of: step.build), "\(metric.metric) \(metric.statistic)",
          humanValue(step.before, unit: metric.unit), humanValue(step.after, unit: metric.unit),
          humanChange(step.change), threeDigits(step.p), standing(metric, step),
        ]
      }, heading: "What changed for good", caption: "Changes of level, oldest first")
  }

  /// The direction of a change, and whether it was accepted or waived.
  private func standing(_ metric: HistoryReport.Metric, _ step: HistoryReport.Step) -> String {
    var words = [step.isWorse ? "worse" : "better"]
    words += report.accepted.filter { $0.build == step.build }.map {
      "accepted in \($0.baseline): \($0.reason)"
    }
    words += report.waivers.filter { glob($0.metric, matches: metric.metric) }.map {
      "waived until \($0.until): \($0.reason)"
    }
    return words.joined(separator: ", ")
  }

  private var drifts: Markup {
    guard let release = report.release, !report.creep.isEmpty else { return .group([]) }
    return table(
      ["metric", "kind", "change", "95% interval", "a build"],
      report.creep.map { drift in
        [
          "\(drift.metric) \(drift.statistic)", drift.creep.kind.rawValue,
          humanChange(drift.creep.change),
          "\(humanChange(drift.creep.interval.low)) … \(humanChange(drift.creep.interval.high))",
          humanChange(drift.creep.perBuild),
        ]
      }, heading: "What crept away", caption: "Since \(report.name(of: release))")
  }

  private var waivers: Markup {
    guard !report.waivers.isEmpty else { return .group([]) }
    return table(
      ["metrics", "until", "reason"], report.waivers.map { [$0.metric, $0.until, $0.reason] },
      heading: "Known issues", caption: "Waivers of the suite, expired ones too")
  }

  private func table(
    _ titles: [String], _ rows: [[String]], heading: String, caption: String
  ) -> Markup {
    .tag(
      "section", [:],
      [.tag("h2", text: heading), VerdictPage.factTable(titles, rows, caption: caption)])
  }
}
