import LatencyHistograms
import RunRecords

/// The selected metric: its distribution with the reference behind it on the left, and the same over
/// time on the right. Both share one axis of values, logarithmic, the largest on top.
struct LiveChart {
  let state: LiveState
  let row: LiveState.Row?
  let glyphs: ScreenGlyphs

  private static let labelWidth = 8

  /// Draws into some rows of a screen: a heading, the picture, and a line for time.
  func draw(on canvas: inout ScreenCanvas, rows: Range<Int>) {
    guard let row, rows.count >= 3 else { return }
    let reference = state.reference?.histogram(of: row.id)
    let histogram = row.histogram
    canvas.put(
      heading(row, width: canvas.width), row: rows.lowerBound, column: 0, .strong)
    let picture = rows.lowerBound + 1..<rows.upperBound - 1
    let barWidth = max(6, (canvas.width - Self.labelWidth - 2) / 3)
    let left = Self.labelWidth + 1 + barWidth + 1
    let heat = LiveHeat(
      history: state.shown, id: row.id, width: canvas.width - left)
    guard
      let axis = LiveAxis(
        covering: [histogram, reference].compactMap(\.self), heat.used, rows: picture.count)
    else {
      let text =
        row.rate > 0
        ? "no distribution: this metric counts\(row.id.unit.isEmpty ? "" : " \(row.id.unit)")"
        : "no events yet"
      return canvas.put(text, row: picture.lowerBound, column: 2, .dim)
    }
    drawBars(&canvas, row.id.unit, histogram, reference, axis, picture, width: barWidth)
    heat.draw(on: &canvas, rows: picture, column: left, axis: axis, glyphs: glyphs)
  }

  /// As much of what is chosen and of its reference as fits.
  private func heading(_ row: LiveState.Row, width: Int) -> String {
    let name = oneLine(row.text)
    let events = row.sum.hasBuckets ? "  \(humanCount(row.sum.count)) events" : ""
    let (reference, numbers) = referenceWords(row.id)
    let texts = [name + events + reference + numbers, name + events + reference, name + reference]
    return texts.first { CharacterWidth.columns(of: $0) <= width }
      ?? fitted(name, columns: max(8, width - reference.count), ellipsis: glyphs.ellipsis)
      + reference
  }

  /// What the reference is, and its quantiles.
  private func referenceWords(_ id: MetricID) -> (name: String, numbers: String) {
    guard let reference = state.reference else {
      let left = max(0, LiveState.firstSpan - state.shown.seconds).rounded(.up)
      return ("  reference: the first minute, in \(Int(left)) s", "")
    }
    let name = "  reference: \(oneLine(reference.name))"
    guard let before = reference.histogram(of: id), let p50 = before.quantile(0.5),
      let p99 = before.quantile(0.99)
    else { return (name, " (no event)") }
    let (body, tail) = (humanValue(p50, unit: id.unit), humanValue(p99, unit: id.unit))
    return (name, " (p50 \(body), p99 \(tail))")
  }

  private func drawBars(
    _ canvas: inout ScreenCanvas, _ unit: String, _ histogram: LatencyHistogram?,
    _ reference: LatencyHistogram?, _ axis: LiveAxis, _ picture: Range<Int>, width: Int
  ) {
    let now = histogram.map(axis.shares) ?? []
    let before = reference.map(axis.shares) ?? []
    let most = max(now.max() ?? 0, before.max() ?? 0)
    for (offset, line) in picture.enumerated() {
      let bin = picture.count - 1 - offset
      canvas.put(
        humanValue(axis.lower(of: bin), unit: unit), row: line, endingAt: Self.labelWidth,
        .dim)
      canvas.put(glyphs.border, row: line, column: Self.labelWidth, .dim)
      canvas.put(glyphs.border, row: line, column: Self.labelWidth + 1 + width, .dim)
      guard most > 0 else { continue }
      let start = Self.labelWidth + 1
      let share = bin < now.count ? now[bin] : 0
      let ghost = bin < before.count ? before[bin] : 0
      let ghostCells = cells(ghost / most, width)
      for cell in 0..<ghostCells {
        canvas.put(glyphs.ghost, row: line, column: start + cell, .ghost)
      }
      drawBar(&canvas, share / most, width, row: line, column: start)
      // Where the reference ends inside the bar, its end is all that is seen of it.
      if ghostCells > 0, ghostCells <= cells(share / most, width) {
        canvas.put(glyphs.ghostEnd, row: line, column: start + ghostCells - 1, .ghost)
      }
    }
  }

  /// Whole and begun cells of a bar; what is there at all is visible.
  private func cells(_ share: Double, _ width: Int) -> Int {
    share > 0 ? max(1, Int((share * Double(width)).rounded(.up))) : 0
  }

  private func drawBar(
    _ canvas: inout ScreenCanvas, _ share: Double, _ width: Int, row: Int, column: Int
  ) {
    guard share > 0 else { return }
    let steps = glyphs.parts.count + 1
    let length = max(1, Int((share * Double(width * steps)).rounded()))
    for cell in 0..<length / steps {
      canvas.put(glyphs.full, row: row, column: column + cell, .bar)
    }
    let rest = length % steps
    if rest > 0 {
      canvas.put(glyphs.parts[rest - 1], row: row, column: column + length / steps, .bar)
    }
  }
}

/// Rows of values: neighbouring buckets together, as many as there is room for.
struct LiveAxis: Equatable {
  /// Buckets of a row: a power of 2.
  let step: Int
  /// The lowest row is this many steps from the first bucket.
  let first: Int
  let rows: Int

  /// Nil where nothing is to be covered; `used` are further buckets, lowest and highest.
  init?(covering histograms: [LatencyHistogram], _ used: ClosedRange<Int>?, rows: Int) {
    var edges = used.map { [$0.lowerBound, $0.upperBound] } ?? []
    for histogram in histograms {
      edges += [
        histogram.buckets.firstIndex { $0 > 0 }, histogram.buckets.lastIndex { $0 > 0 },
      ].compactMap(\.self)
    }
    guard let low = edges.min(), let high = edges.max(), rows > 0 else { return nil }
    var step = 1
    while high / step - low / step >= rows { step *= 2 }
    self.step = step
    // Half of what is left over lies below.
    let spare = rows - (high / step - low / step + 1)
    first = max(0, low / step - spare / 2)
    self.rows = rows
  }

  /// The row of a bucket, 0 = lowest; nil outside.
  func row(of bucket: Int) -> Int? {
    let row = bucket / step - first
    return (0..<rows).contains(row) ? row : nil
  }

  /// Smallest value of a row.
  func lower(of row: Int) -> Double {
    let layout = HistogramLayout.standard
    let bucket = (first + row) * step
    return Double(layout.bounds(of: min(bucket, layout.bucketCount - 1)).lower)
  }

  /// Shares of all events, by row.
  func shares(_ histogram: LatencyHistogram) -> [Double] {
    var shares = [Double](repeating: 0, count: rows)
    for bucket in histogram.sparse {
      if let row = row(of: bucket.index) {
        shares[row] += Double(bucket.count) / Double(histogram.count)
      }
    }
    return shares
  }
}
