import LatencyHistograms

/// The tables of `rtla timerlat hist` and `rtla osnoise hist`: a column for each CPU and kind.
enum RtlaReader {
  static func read(_ text: String) throws(ExchangeError) -> ForeignHistograms? {
    let lines = text.split(whereSeparator: \.isNewline)
    guard let title = lines.first(where: { $0.hasPrefix("# RTLA ") }),
      let head = lines.firstIndex(where: { $0.hasPrefix("Index") })
    else { return nil }
    let unit = lines.contains { $0.hasPrefix("# Time unit is nanoseconds") } ? "ns" : "us"
    let tool = title.contains("osnoise") ? "osnoise" : "timerlat"
    let columns = lines[head].split(whereSeparator: \.isWhitespace).dropFirst()
    var rows: [(index: UInt64, counts: [UInt64])] = []
    var summary: [Substring: [Substring]] = [:]
    for line in lines[(head + 1)...] {
      let words = line.split(whereSeparator: \.isWhitespace)
      guard let first = words.first else { continue }
      if first.first?.isNumber == true, summary.isEmpty {
        let numbers = try words.dropFirst().map { word throws(ExchangeError) in
          try count(word, "row \(first)")
        }
        guard let index = UInt64(first) else {
          throw ExchangeError("row '\(first)' has no whole number for its place")
        }
        guard rows.last.map({ index > $0.index }) ?? true, index <= HistogramLayout.maxValue
        else {
          throw ExchangeError("row \(index) is out of order, or beyond any value")
        }
        guard numbers.count == columns.count else {
          throw ExchangeError("row \(index) has \(numbers.count) of \(columns.count) columns")
        }
        rows.append((index, numbers))
      } else if first.hasSuffix(":"), summary[first] == nil {
        // A second table sums up all CPUs, with columns of its own.
        summary[first] = Array(words.dropFirst())
      }
    }
    // Rows of nothing but zeros are left out, so that the smallest step is a bucket.
    let width = max(1, zip(rows.dropFirst(), rows).map { $0.index - $1.index }.min() ?? 1)
    var entries: [ForeignHistograms.Entry] = []
    for (place, column) in columns.enumerated() {
      let parts = column.split(separator: "-")
      var histogram = LatencyHistogram()
      for row in rows {
        histogram.spread(row.counts[place], over: row.index...(row.index + width - 1))
      }
      // Beyond the table only the largest value is known.
      if let over = summary["over:"] {
        guard over.count == columns.count else {
          throw ExchangeError("'over:' has \(over.count) of \(columns.count) columns")
        }
        let beyond = try count(over[place], "'over:'")
        if beyond > 0 {
          // A CPU without events has '-' here; one with events beyond the table has a number.
          var largest: UInt64 = 0
          if let most = summary["max:"], place < most.count {
            largest = try count(most[place], "'max:'")
          }
          histogram.record(max(largest, (rows.last?.index ?? 0) + width), times: beyond)
        }
      }
      entries.append(
        .init(
          metric: "rtla.\(tool)",
          labels: ["kind": String(parts.first ?? ""), "cpu": String(parts.last ?? "")],
          unit: unit, histogram: histogram))
    }
    return ForeignHistograms(source: "rtla \(tool) hist", entries: entries)
  }

  /// What cannot be read is no 0.
  private static func count(_ word: Substring, _ place: String) throws(ExchangeError) -> UInt64 {
    guard let number = UInt64(word), number <= ForeignHistograms.mostEvents else {
      throw ExchangeError("\(place) has '\(word)' where a number of events is needed")
    }
    return number
  }
}
