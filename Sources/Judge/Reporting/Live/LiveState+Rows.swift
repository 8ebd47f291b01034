import LatencyHistograms
import RunRecords

extension LiveState {
  /// A line of the table.
  struct Row: Sendable {
    var id: MetricID
    /// That of ``id``.
    var text: String
    /// Events a second; of a counter, its sum.
    var rate: Double
    var sum = LiveSum()
    /// Whether the probe gave anything yet.
    var isKnown = true

    /// Nil where the span had no event, and for metrics that are no histograms. Made anew each time.
    var histogram: LatencyHistogram? { sum.histogram }
  }

  /// The table in its order.
  var rows: [Row] {
    let history = shown
    let seconds = history.samples(of: span).seconds
    let sums = history.sums(of: span)
    var rows = history.metrics.indices.map { place in
      let sum = sums[place]
      let counted = history.totals[place].hasBuckets ? sum.count : sum.sum
      return Row(
        id: history.metrics[place].id, text: history.metrics[place].text,
        rate: seconds > 0 ? Double(counted) / seconds : 0, sum: sum)
    }
    let names = Set(rows.map(\.id.name))
    for name in subject.metrics where !names.contains(name) {
      // Rows and stacks have no numbers here but how many there were.
      let recorded = history.recorded(of: name, in: span)
      let id = MetricID(name: name, phase: "", unit: "")
      rows.append(
        Row(
          id: id, text: id.text, rate: seconds > 0 ? Double(recorded) / seconds : 0,
          isKnown: recorded > 0))
    }
    return sorted(rows)
  }

  private func sorted(_ rows: [Row]) -> [Row] {
    func value(_ row: Row) -> Double {
      switch order {
      case .name: 0
      case .rate: row.rate
      case .p99: row.histogram?.quantile(0.99) ?? -1
      case .change: change(of: row).map(abs) ?? -1
      }
    }
    return rows.map { (row: $0, value: value($0)) }.sorted { left, right in
      left.value == right.value ? left.row.text < right.row.text : left.value > right.value
    }.map(\.row)
  }

  /// Of p99 against the reference; nil where one of them is missing.
  func change(of row: Row) -> Double? {
    guard let now = row.histogram?.quantile(0.99),
      let before = reference?.histogram(of: row.id)?.quantile(0.99), before > 0
    else { return nil }
    return now / before - 1
  }

  /// The selected row, or the first where that is gone.
  func selection(of rows: [Row]) -> MetricID? {
    if let selected, rows.contains(where: { $0.id == selected }) { return selected }
    return rows.first?.id
  }
}
