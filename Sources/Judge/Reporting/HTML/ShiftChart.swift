import Foundation

/// The shift function: how far each quantile of the candidate lies from the reference's, with its
/// interval.
struct ShiftChart {
  let points: [VerdictReport.Movement.Shift]

  /// Changes that an axis may show.
  private static let round: [Double] = [
    -0.99, -0.9, -0.8, -0.5, -0.2, -0.1, -0.05, -0.02, -0.01, 0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1,
    2, 5, 10, 20, 50, 100, 200, 500, 1000,
  ]

  private static let textHeight = 16.0

  var markup: Markup {
    let frame = ChartFrame(left: 58)
    func level(_ change: Double) -> Double { log1p(max(change, -0.999)) }
    let levels = points.flatMap { [$0.change, $0.lower, $0.upper].compactMap(\.self) }.map(level)
    // What is alike shall look alike.
    let low = min(0, levels.min() ?? 0, -0.02)
    let high = max(0, levels.max() ?? 0, 0.02)
    func y(_ change: Double) -> Double {
      frame.y(0.04 + 0.92 * (level(change) - low) / (high - low))
    }
    func x(_ position: Int) -> Double {
      frame.x(points.count > 1 ? 0.03 + 0.94 * Double(position) / Double(points.count - 1) : 0.5)
    }
    let fitting = Self.round.filter { (low...high).contains(level($0)) }
    // No change comes first, then the largest; texts must not touch.
    var shown = [0.0]
    for change in fitting.sorted(by: { abs(level($0)) > abs(level($1)) })
    where shown.allSatisfy({ abs(y($0) - y(change)) >= Self.textHeight }) {
      shown.append(change)
    }
    let lines = shown.flatMap { change in
      [
        ChartFrame.line(
          frame.left, y(change), ChartFrame.width - frame.right, y(change),
          change == 0 ? "zero" : "axis"),
        ChartFrame.label(
          frame.left - 5, y(change) + 4, "end",
          (change > 0 ? "+" : "") + "\(Int((change * 100).rounded()))%"),
      ]
    }
    let marks = points.enumerated().map { position, point in
      ChartFrame.label(
        x(position), frame.floor + 17, "middle", Self.name(point.probability))
    }
    func text(_ position: Int, _ change: Double) -> String {
      "\(ChartFrame.number(x(position))) \(ChartFrame.number(y(change)))"
    }
    let banded = points.enumerated().filter { $0.element.lower != nil && $0.element.upper != nil }
    let band =
      banded.map { text($0.offset, $0.element.upper ?? 0) }
      + banded.reversed().map { text($0.offset, $0.element.lower ?? 0) }
    let curve = points.enumerated().map { text($0.offset, $0.element.change) }
    return ChartFrame.picture(
      title: "Shift by quantile", description: description,
      lines + marks
        + (band.isEmpty ? [] : [ChartFrame.path("cand area", "M\(band.joined(separator: "L"))Z")])
        + [ChartFrame.path("cand", "M\(curve.joined(separator: "L"))")]
        + points.enumerated().map { position, point in
          Markup.tag(
            "circle",
            [
              "class": "cand dot", "cx": ChartFrame.number(x(position)),
              "cy": ChartFrame.number(y(point.change)), "r": "2.5",
            ])
        })
  }

  /// `p50`, `p99.9`.
  static func name(_ probability: Double) -> String {
    let percent = (probability * 1000).rounded() / 10
    return percent == percent.rounded() ? "p\(Int(percent))" : "p\(percent)"
  }

  private var description: String {
    points.map { "\(Self.name($0.probability)) \(humanChange($0.change))" }.joined(separator: ", ")
  }
}
