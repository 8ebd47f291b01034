import LatencyHistograms
import RunRecords

/// A metric over time: a column for each sample, the newest on the right.
struct LiveHeat {
  /// The samples that there is room for.
  private let columns: ArraySlice<LiveHistory.Column>
  private let id: MetricID
  private let width: Int

  init(history: LiveHistory, id: MetricID, width: Int) {
    columns = history.columns.suffix(max(0, width))
    self.id = id
    self.width = width
  }

  /// Lowest and highest bucket with an event; nil without one.
  var used: ClosedRange<Int>? {
    var low = Int.max
    var high = -1
    for column in columns {
      let buckets = column.sample.metrics[id]?.buckets ?? []
      if let first = buckets.first, let last = buckets.last {
        low = min(low, first.index)
        high = max(high, last.index)
      }
    }
    return high >= 0 ? low...high : nil
  }

  /// Events of each column by row, 0 = lowest value.
  func counts(_ axis: LiveAxis) -> [[UInt64]] {
    columns.map { column in
      var counts = [UInt64](repeating: 0, count: axis.rows)
      for bucket in column.sample.metrics[id]?.buckets ?? [] {
        if let row = axis.row(of: bucket.index) { counts[row] &+= bucket.count }
      }
      return counts
    }
  }

  /// Draws it with its marks, and time below `rows`.
  func draw(
    on canvas: inout ScreenCanvas, rows: Range<Int>, column left: Int, axis: LiveAxis,
    glyphs: ScreenGlyphs
  ) {
    let counts = counts(axis)
    let most = Double(counts.lazy.flatMap(\.self).max() ?? 0)
    let start = left + width - counts.count
    let line = rows.upperBound
    let seconds = columns.reduce(0) { $0 + $1.sample.seconds }
    let age = "-\(threeDigits(seconds)) s"
    canvas.put(age, row: line, column: max(left, start - age.count), .dim)
    for (place, column) in columns.enumerated() {
      if let mark = column.mark {
        for row in rows { canvas.put(glyphs.mark, row: row, column: start + place, .mark) }
        canvas.put("\(mark)", row: line, column: start + place, limit: 3, .mark)
      }
      for (row, count) in counts[place].enumerated() where count > 0 {
        // The root shows what is rare.
        let share = (Double(count) / most).squareRoot()
        let level = max(1, Int((share * Double(ScreenStyle.heatLevels)).rounded(.up)))
        canvas.put(
          glyphs.heat[level - 1], row: rows.upperBound - 1 - row, column: start + place,
          .heat(level))
      }
    }
    canvas.put("now", row: line, endingAt: left + width, .dim)
  }
}
