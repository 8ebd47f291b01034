extension VerdictPage {
  /// What moved: for each metric its pictures and its statistics; metrics that differ in labels only
  /// stand together.
  var moved: [Markup] {
    guard !report.movements.isEmpty else { return [] }
    var families: [(name: String, members: [VerdictReport.Movement])] = []
    for movement in report.movements {
      if let known = families.firstIndex(where: { $0.name == movement.family }) {
        families[known].members.append(movement)
      } else {
        families.append((movement.family, [movement]))
      }
    }
    let shown = families.prefix(Self.mostDrawn)
    let hidden = families.count - shown.count
    let heading = report.outcome == .inconclusive ? "What moved, or seems to" : "What moved"
    var parts: [Markup] = [.tag("h2", text: heading), key]
    parts += shown.map { article($0.members) }
    if hidden > 0 {
      parts.append(
        .tag(
          "p", ["class": "soft"],
          text:
            "Not drawn: \(counted(hidden, "more metric")) that moved less; the table below has all."
        ))
    }
    return [.tag("section", ["id": "moved"], parts)]
  }

  /// Which line is whose.
  private var key: Markup {
    ChartFrame.key([
      ("ref", "reference: \(report.reference.name)"),
      ("cand", "candidate: \(report.candidate.name)"),
    ])
  }

  /// The pictures of the member that moved most, then all members.
  private func article(_ members: [VerdictReport.Movement]) -> Markup {
    let first = members[0]
    let phase = first.phase.isEmpty ? "" : ", phase \(first.phase)"
    var figures: [Markup] = []
    if let curve = first.curve {
      figures.append(
        figure(
          DistributionChart(curve: curve).markup,
          "All events of both arms on a logarithmic axis; areas are shares of events."))
    }
    if first.shift.count > 1 {
      figures.append(
        figure(
          ShiftChart(points: first.shift).markup,
          "How far each quantile moved, with its own 95% interval."))
    }
    if first.runs.contains(where: { $0.value != nil }) {
      figures.append(
        figure(
          RunChart(runs: first.runs, unit: first.unit).markup,
          "Each run's \(first.statistic), in the order in which they were made; lines are means."))
    }
    if let heat = first.heat, let unit = first.curve?.unit {
      figures.append(
        figure(
          HeatChart(heat: heat, unit: unit).markup,
          "All events over time: a column for each iteration or run, darker where more lie."))
    }
    let names = Set(members.map(\.metric))
    let known = report.rows.filter { names.contains($0.metric) && $0.finding != .notMeasurable }
    // What moved most is what the pictures show; its statistics come first.
    let rows =
      known.filter { $0.metric == first.metric } + known.filter { $0.metric != first.metric }
    return .tag(
      "article", [:],
      [
        .tag("h3", text: report.title(of: first.metric) + phase),
        .tag("p", [:], [.tag("code", text: first.metric)]), shape(of: names),
        .tag("div", ["class": "charts"], figures),
        members.count > 1
          ? rowTable(rows, caption: "Statistics by label")
          : rowTable(rows, caption: "Statistics", namesMetrics: false),
      ])
  }

  /// What became of the distributions' modes.
  private func shape(of metrics: Set<String>) -> Markup {
    let own = report.shapes.filter { metrics.contains($0.metric) }
    return .group(
      own.map { shape in
        let name = metrics.count > 1 ? "\(report.title(of: shape.metric)): " : ""
        return .tag("p", [:], [.tag("strong", text: "Shape: "), .text(name + shape.text)])
      })
  }

  func figure(_ picture: Markup, _ caption: String) -> Markup {
    .tag("figure", [:], [picture, .tag("figcaption", text: caption)])
  }
}
