import Foundation

/// The distribution over time: darker where more of a column's events are. Drift, a bad run and modes
/// that come and go are seen here.
struct HeatChart {
  let heat: VerdictReport.Movement.Heat
  let unit: String
  /// What is written below the first and the last column; nil: the numbers of their runs.
  var ends: (first: String, last: String)?

  private static let levels = 5

  var markup: Markup {
    let frame = ChartFrame(left: 58)
    let axis = LogAxis(heat.edges.map { max($0, 0.5) })
    let top = heat.columns.flatMap(\.shares).max() ?? 1
    let width = 1 / Double(heat.columns.count)
    // One path for all cells of an arm and a level: each cell costs a few characters only.
    var cells: [String: String] = [:]
    for (place, column) in heat.columns.enumerated() {
      // Whole pixels, so that neighbours touch.
      let left = Int(frame.x(Double(place) * width).rounded())
      let right = Int(frame.x(Double(place + 1) * width).rounded())
      for (row, share) in column.shares.enumerated() where share > 0 {
        // The root shows what is rare.
        let level = max(1, Int(((share / top).squareRoot() * Double(Self.levels)).rounded(.up)))
        let low = Int(frame.y(axis.share(max(heat.edges[row], 0.5))).rounded())
        let high = Int(frame.y(axis.share(max(heat.edges[row + 1], 0.5))).rounded())
        cells["\(column.isCandidate ? "cand" : "ref") h\(level)", default: ""] +=
          "M\(left) \(high)h\(right - left)v\(low - high)h-\(right - left)z"
      }
    }
    let marks = Set([0, heat.columns.count - 1]).sorted().map { place in
      ChartFrame.label(
        frame.x(place == 0 ? 0 : 1), frame.floor + 17, place == 0 ? "start" : "end",
        ends.map { place == 0 ? $0.first : $0.last } ?? "run \(heat.columns[place].run + 1)")
    }
    let borders = heat.columns.indices.dropFirst().filter {
      heat.columns[$0].run != heat.columns[$0 - 1].run
    }.map { place in
      let x = frame.x(Double(place) * width)
      return ChartFrame.line(x, frame.top, x, frame.floor, "axis")
    }
    var content = frame.leftAxis(axis.ticks(most: 5) { DistributionChart.text($0, unit: unit) })
    content += cells.sorted { $0.key < $1.key }.map {
      ChartFrame.path("heat \($0.key)", $0.value)
    }
    return ChartFrame.picture(
      title: "Values over time", description: description, content + borders + marks)
  }

  /// Where half of the events of the first and the last column lie.
  private var description: String {
    func middle(_ column: VerdictReport.Movement.Heat.Column) -> String {
      var sum = 0.0
      for (row, share) in column.shares.enumerated() {
        sum += share
        if sum >= 0.5 { return humanValue(heat.edges[row + 1], unit: unit) }
      }
      return "?"
    }
    guard let first = heat.columns.first, let last = heat.columns.last else { return "" }
    return "\(heat.columns.count) columns; half of the events of the first are below about "
      + "\(middle(first)), of the last below about \(middle(last))"
  }
}
