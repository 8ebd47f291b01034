/// A counter's rate from iteration to iteration.
struct RateChart {
  /// Per second, one for each iteration, at least two.
  let rates: [Double]
  let unit: String
  let title: String

  var markup: Markup {
    let frame = ChartFrame(left: 58)
    // From nothing, so that a rate that doubles looks twice as high.
    let top = max(rates.max() ?? 0, .leastNormalMagnitude)
    let last = Double(rates.count - 1)
    let points = rates.enumerated().map { place, rate in
      let x = frame.x(0.01 + 0.98 * Double(place) / last)
      return "\(ChartFrame.number(x)) \(ChartFrame.number(frame.y(0.92 * rate / top)))"
    }
    let ticks = [0, 0.5, 1].map { share in
      (share: 0.92 * share, text: DistributionChart.text(share * top, unit: unit))
    }
    let right = ChartFrame.width - frame.right
    return ChartFrame.picture(
      title: title, description: description,
      frame.leftAxis(ticks) + [
        ChartFrame.label(frame.left, frame.floor + 17, "start", "iteration 1"),
        ChartFrame.label(right, frame.floor + 17, "end", "iteration \(rates.count)"),
        ChartFrame.path("ref line", "M\(points.joined(separator: "L"))"),
      ])
  }

  private var description: String {
    "Per second, \(humanValue(rates.min() ?? 0, unit: unit)) to "
      + "\(humanValue(rates.max() ?? 0, unit: unit)) over \(rates.count) iterations"
  }
}
