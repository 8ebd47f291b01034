import Foundation

/// One dot for each run, in the order in which they were made: drift, bad runs and two kinds of
/// boots are seen here.
struct RunChart {
  let runs: [VerdictReport.Movement.Run]
  let unit: String

  /// Runs that are drawn, at most: the last ones.
  private static let most = 128

  var markup: Markup {
    let frame = ChartFrame(left: 58)
    let shown = Array(runs.suffix(Self.most))
    let leftOut = runs.count - shown.count
    let values = shown.compactMap(\.value)
    let axis = LogAxis(values, least: values.filter { $0 > 0 }.min() ?? 1, margin: 0.08)
    func x(_ position: Int) -> Double {
      frame.x((Double(position) + 0.5) / Double(max(1, shown.count)))
    }
    func y(_ value: Double) -> Double { frame.y(min(max(axis.share(value), 0), 1)) }
    let levels = [false, true].compactMap { isCandidate -> Markup? in
      guard let mean = Self.middle(shown.filter { $0.isCandidate == isCandidate }) else {
        return nil
      }
      return ChartFrame.line(
        frame.left, y(mean), ChartFrame.width - frame.right, y(mean),
        isCandidate ? "cand level" : "ref level")
    }
    let dots = shown.enumerated().compactMap { position, run -> Markup? in
      guard let value = run.value else { return nil }
      let (x, y) = (x(position), y(value))
      if run.isCandidate {
        return ChartFrame.path(
          "cand dot",
          "M\(ChartFrame.number(x - 3.5)) \(ChartFrame.number(y - 3.5))h7v7h-7z")
      }
      return .tag(
        "circle",
        [
          "class": "ref dot", "cx": ChartFrame.number(x), "cy": ChartFrame.number(y), "r": "4",
        ])
    }
    let ends = shown.isEmpty ? [] : [0, shown.count - 1]
    let marks = Set(ends).sorted().map { position in
      ChartFrame.label(
        x(position), frame.floor + 17, position == 0 ? "middle" : "end",
        "run \(leftOut + position + 1)")
    }
    return ChartFrame.picture(
      title: "Runs in order", description: description(shown),
      frame.leftAxis(axis.ticks(most: 5) { DistributionChart.text($0, unit: unit) })
        + [
          ChartFrame.line(
            frame.left, frame.floor, ChartFrame.width - frame.right, frame.floor, "axis")
        ]
        + marks + levels + dots)
  }

  /// Geometric mean.
  private static func middle(_ runs: [VerdictReport.Movement.Run]) -> Double? {
    let logs = runs.compactMap(\.value).filter { $0 > 0 }.map { log($0) }
    return logs.isEmpty ? nil : exp(logs.reduce(0, +) / Double(logs.count))
  }

  private func description(_ shown: [VerdictReport.Movement.Run]) -> String {
    func range(_ isCandidate: Bool) -> String {
      let values = shown.filter { $0.isCandidate == isCandidate }.compactMap(\.value)
      guard let low = values.min(), let high = values.max() else { return "no value" }
      return "\(humanValue(low, unit: unit)) to \(humanValue(high, unit: unit))"
    }
    return "Reference runs \(range(false)), candidate runs \(range(true))"
  }
}
