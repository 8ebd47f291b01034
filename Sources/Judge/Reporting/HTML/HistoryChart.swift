import Foundation

/// A metric over builds: its values, the levels between changes, and where a level began.
struct HistoryChart {
  let metric: HistoryReport.Metric
  /// Ids of all builds, in order.
  let builds: [String]
  /// First builds of levels that were accepted.
  let accepted: Set<String>

  /// Dots that are drawn, at most; of more values there is a line only.
  private static let mostDots = 120

  var markup: Markup {
    let frame = ChartFrame(left: 58)
    let places = Dictionary(builds.enumerated().map { ($1, $0) }) { first, _ in first }
    let last = Double(max(1, builds.count - 1))
    func x(_ build: String) -> Double { frame.x(0.01 + 0.98 * Double(places[build] ?? 0) / last) }
    let values = metric.points.map(\.value)
    let axis = LogAxis(values, least: values.filter { $0 > 0 }.min() ?? 1, margin: 0.08)
    func y(_ value: Double) -> Double { frame.y(min(max(axis.share(value), 0), 1)) }
    let number = ChartFrame.number
    let line = metric.points.map { "\(number(x($0.build))) \(number(y($0.value)))" }
    let dots =
      metric.points.count > Self.mostDots
      ? []
      : metric.points.map { point in
        Markup.tag(
          "circle",
          [
            "class": "ref dot", "cx": number(x(point.build)), "cy": number(y(point.value)),
            "r": "2.5",
          ])
      }
    let right = ChartFrame.width - frame.right
    var content = frame.leftAxis(
      axis.ticks(most: 5) { DistributionChart.text($0, unit: metric.unit) })
    content += [
      ChartFrame.line(frame.left, frame.floor, right, frame.floor, "axis"),
      ChartFrame.label(frame.left, frame.floor + 17, "start", "first build"),
      ChartFrame.label(right, frame.floor + 17, "end", "build \(builds.count)"),
    ]
    content += accepted.sorted().filter { places[$0] != nil }.map { mark(x($0), frame, "accepted") }
    content += metric.steps.map { mark(x($0.build), frame, "step") }
    content += levels(x, y)
    if !line.isEmpty { content.append(ChartFrame.path("ref", "M\(line.joined(separator: "L"))")) }
    return ChartFrame.picture(
      title: "\(metric.metric) \(metric.statistic) over builds", description: description,
      content + dots)
  }

  private func mark(_ x: Double, _ frame: ChartFrame, _ kind: String) -> Markup {
    ChartFrame.line(x, frame.top, x, frame.floor, kind)
  }

  /// A line for each level that a change ends or begins.
  private func levels(_ x: (String) -> Double, _ y: (Double) -> Double) -> [Markup] {
    guard let first = metric.points.first, let last = metric.points.last else { return [] }
    let edges = [first.build] + metric.steps.map(\.build) + [last.build]
    return metric.steps.indices.flatMap { place -> [Markup] in
      let step = metric.steps[place]
      let before = ChartFrame.line(
        x(edges[place]), y(step.before), x(step.build), y(step.before), "cand level")
      let after = ChartFrame.line(
        x(step.build), y(step.after), x(edges[place + 2]), y(step.after), "cand level")
      return place == metric.steps.count - 1 ? [before, after] : [before]
    }
  }

  private var description: String {
    guard let low = metric.points.map(\.value).min(), let high = metric.points.map(\.value).max()
    else { return "no values" }
    return "\(metric.points.count) builds, \(humanValue(low, unit: metric.unit)) to "
      + "\(humanValue(high, unit: metric.unit)), \(counted(metric.steps.count, "change"))"
  }
}
