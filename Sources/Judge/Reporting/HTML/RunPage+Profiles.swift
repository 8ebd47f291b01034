import RegressionAnalysis

extension RunPage {
  /// Functions in the table beside a flame graph.
  private static let mostFunctions = 15

  /// A flame graph for each metric of stacks, and where the time was spent itself.
  var profiles: [Markup] {
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
}
