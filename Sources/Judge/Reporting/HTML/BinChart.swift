/// A histogram's bins as bars over their lower bounds.
struct BinChart {
  /// From the lowest value to the highest.
  let bins: [RunReport.Metric.Bin]
  let unit: String
  let title: String

  /// Texts below bars, at most.
  private static let mostTicks = 4

  var markup: Markup {
    let frame = ChartFrame(left: 10)
    let top = max(bins.map(\.share).max() ?? 1, .leastNonzeroMagnitude)
    let step = 1 / Double(max(bins.count, 1))
    let bars = bins.enumerated().map { place, bin in
      let (left, right) = (frame.x(Double(place) * step), frame.x((Double(place) + 0.9) * step))
      let data =
        "M\(ChartFrame.number(left)) \(ChartFrame.number(frame.floor))"
        + "V\(ChartFrame.number(frame.y(bin.share / top)))H\(ChartFrame.number(right))"
        + "V\(ChartFrame.number(frame.floor))Z"
      return ChartFrame.path("heat ref h4", data)
    }
    let every = max(1, (bins.count + Self.mostTicks - 1) / Self.mostTicks)
    let ticks = bins.enumerated().filter { $0.offset.isMultiple(of: every) }.map { place, bin in
      (
        share: Double(place) * step,
        text: DistributionChart.text(bin.lower, unit: unit)
      )
    }
    return ChartFrame.picture(
      title: title, description: description, frame.bottomAxis(ticks) + bars)
  }

  /// Where most events lie.
  private var description: String {
    guard let most = bins.max(by: { $0.share < $1.share }) else { return "No events" }
    return "\(humanShare(most.share)) of the events are from "
      + "\(humanValue(most.lower, unit: unit)) on, more than in any other bar"
  }
}
