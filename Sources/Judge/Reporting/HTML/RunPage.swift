import RegressionAnalysis

/// One run as a page that needs nothing else: its numbers and its flame graphs.
struct RunPage {
  let report: RunReport

  /// Functions in the table beside a flame graph.
  private static let mostFunctions = 15

  init(_ report: RunReport) {
    self.report = report
  }

  /// The document, with a newline at its end.
  var html: String {
    let title = "\(report.workload) on \(report.device.name), firmware \(report.firmware.name)"
    let word = report.faults == nil && report.invalid.isEmpty ? "Run" : "Run, not to be trusted"
    let tone = word == "Run" ? "good" : "doubt"
    let problems = (report.faults ?? []) + report.invalid.map { "\($0.subject): \($0.reason)" }
    let head = Markup.tag(
      "header", ["class": "verdict \(tone)"],
      [
        .tag("p", ["class": "word"], text: word), .tag("h1", text: title),
        .tag(
          "p",
          text: "\(report.device.model), kernel \(report.firmware.kernelRelease), "
            + "\(report.device.abi), \(counted(report.iterations, "iteration"))"),
      ] + problems.map { .tag("p", text: $0) })
    return Markup.page(title: title, [head] + profiles + [metrics, footer])
  }

  private var profiles: [Markup] {
    (report.stacks ?? []).map { stacks in
      let whole = Double(max(1, stacks.total))
      let rows = FlameTree([stacks.folded]).own().prefix(Self.mostFunctions).map { frame, sum in
        [frame.text, humanShare(Double(sum) / whole), humanValue(Double(sum), unit: stacks.unit)]
      }
      let notes = report.symbolNotes ?? []
      return .tag(
        "section", [:],
        [
          .tag("h2", text: stacks.metric),
          .tag("p", text: stacks.summary),
          .tag(
            "figure", ["class": "wide"],
            [
              FlameChart(stacks.folded, title: "Flame graph of \(stacks.metric)").markup,
              .tag(
                "figcaption",
                text: "Calls above their callers, as wide as what was spent in them; the text of a "
                  + "frame appears under the pointer."),
            ]),
          VerdictPage.factTable(
            ["function", "share", "own"], Array(rows), caption: "Spent in functions themselves"),
        ] + notes.map { .tag("p", ["class": "soft"], text: $0) })
    }
  }

  private var metrics: Markup {
    guard !report.metrics.isEmpty else { return .group([]) }
    return .tag(
      "section", [:],
      [
        .tag("h2", text: "Latencies"),
        VerdictPage.factTable(
          ["metric", "count", "p50", "p90", "p99", "max"],
          report.metrics.map { metric in
            [metric.metric, humanCount(metric.count)]
              + [metric.p50, metric.p90, metric.p99, Double(metric.max)].map { value in
                value.map { humanValue($0, unit: metric.unit) } ?? "–"
              }
          }, caption: "Over all judged iterations"),
      ])
  }

  private var footer: Markup {
    .tag("footer", text: "latgate. A run is one boot: what it shows of one firmware is no verdict.")
  }
}
