import Foundation

/// Both distributions over a logarithmic axis; areas are shares of all events.
struct DistributionChart {
  let curve: VerdictReport.Movement.Curve

  private var unit: String { curve.unit }

  var markup: Markup {
    let frame = ChartFrame(left: 10)
    // What lies below one unit has no place on such an axis.
    let edges = curve.edges.map { max($0, 0.5) }
    let axis = LogAxis(edges)
    let widths = zip(edges, edges.dropFirst()).map { log($1 / $0) }
    func heights(_ shares: [Double]) -> [Double] {
      zip(shares, widths).map { $1 > 0 ? $0 / $1 : 0 }
    }
    let (old, new) = (heights(curve.reference), heights(curve.candidate))
    let top = max((old + new).max() ?? 1, .leastNonzeroMagnitude)
    func data(_ heights: [Double], closed: Bool) -> String {
      var text = "M\(point(edges[0], 0))"
      for (position, height) in heights.enumerated() {
        // Steps that are drawn at the same height need no corners.
        if position == 0
          || ChartFrame.number(frame.y(heights[position - 1] / top))
            != ChartFrame.number(frame.y(height / top))
        {
          text += "H\(x(edges[position]))V\(ChartFrame.number(frame.y(height / top)))"
        }
      }
      text += "H\(x(edges[heights.count]))V\(ChartFrame.number(frame.floor))"
      return closed ? text + "Z" : text
    }
    func x(_ value: Double) -> String { ChartFrame.number(frame.x(axis.share(value))) }
    func point(_ value: Double, _ share: Double) -> String {
      "\(x(value)) \(ChartFrame.number(frame.y(share)))"
    }
    let ticks = axis.ticks(most: 6) { Self.text($0, unit: unit) }
    return ChartFrame.picture(
      title: "Distributions", description: description,
      frame.bottomAxis(ticks) + [
        ChartFrame.path("ref area", data(old, closed: true)),
        ChartFrame.path("cand area", data(new, closed: true)),
        ChartFrame.path("ref", data(old, closed: false)),
        ChartFrame.path("cand", data(new, closed: false)),
      ])
  }

  /// Ticks are round: `2 ms` rather than `2.00 ms`.
  static func text(_ value: Double, unit: String) -> String {
    let text = humanValue(value, unit: unit)
    guard let space = text.firstIndex(of: " "), text[..<space].contains(".") else { return text }
    var number = text[..<space]
    while number.last == "0" { number.removeLast() }
    if number.last == "." { number.removeLast() }
    return String(number + text[space...])
  }

  /// Where most events of either lie.
  private var description: String {
    func middle(_ shares: [Double]) -> String {
      var sum = 0.0
      for (position, share) in shares.enumerated() {
        sum += share
        if sum >= 0.5 { return humanValue(curve.edges[position + 1], unit: unit) }
      }
      return "?"
    }
    return "Half of the reference's events are below about \(middle(curve.reference)), half of the "
      + "candidate's below about \(middle(curve.candidate))"
  }
}
