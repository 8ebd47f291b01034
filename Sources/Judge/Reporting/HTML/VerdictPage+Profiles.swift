import RegressionAnalysis

extension VerdictPage {
  /// Rows of the table of frames that differ.
  private static let mostFrames = 15
  /// Callers that are named beside a frame.
  private static let mostCallers = 3

  /// Where both firmwares spend their time, for each metric of stacks that they have.
  var profiles: [Markup] {
    (report.profiles ?? []).map { profile in
      let title = "Differential flame graph of \(profile.metric)"
      let picture = Markup.tag(
        "figure", ["class": "wide"],
        [
          FlameChart(profile.comparison, title: title).markup,
          .tag(
            "figcaption",
            text: "Calls above their callers, as wide as both arms together. Red: a larger share "
              + "in the candidate; green: a smaller one; grey: no difference shown."),
        ])
      return .tag(
        "section", [:],
        [
          .tag("h2", text: profile.metric), .tag("p", text: Self.sentence(profile.comparison)),
          picture, Self.differences(profile.comparison),
        ])
    }
  }

  private static func differences(_ comparison: FlameComparison) -> Markup {
    let rows = comparison.different.prefix(mostFrames).map { frame -> [String] in
      let path = comparison.tree.path(to: frame.node)
      let callers = path.dropLast().suffix(mostCallers).map(\.name)
      let range = "\(FlameChart.points(frame.lower)) … \(FlameChart.points(frame.upper))"
      return [
        path.last?.text ?? "", callers.joined(separator: " > "), humanShare(frame.reference),
        humanShare(frame.candidate), "\(FlameChart.points(frame.difference)) (\(range))",
      ]
    }
    guard !rows.isEmpty else { return .group([]) }
    return factTable(
      ["frame", "called from", "reference", "candidate", "difference"], rows,
      caption: "Frames that differ, the most first")
  }

  private static func sentence(_ comparison: FlameComparison) -> String {
    let found = comparison.different.count
    let frames = found == 0 ? "No frame" : counted(found, "frame")
    let runs = "\(comparison.referenceRuns) + \(comparison.candidateRuns) runs"
    return
      "\(frames) of \(comparison.frames.count) \(found > 1 ? "differ" : "differs") by share of "
      + "the whole over \(runs). Intervals hold for all frames at once in "
      + "\(percentage(1 - FlameComparison.alpha)) of experiments."
  }
}
