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
    var summary: [Substring: [UInt64]] = [:]
    for line in lines[(head + 1)...] {
      let words = line.split(whereSeparator: \.isWhitespace)
      guard let first = words.first else { continue }
      let numbers = words.dropFirst().map { UInt64($0) ?? 0 }
      if let index = UInt64(first) {
        guard rows.last.map({ index > $0.index }) ?? true, index <= HistogramLayout.maxValue
        else {
          throw ExchangeError("row \(index) is out of order, or beyond any value")
        }
        guard numbers.count == columns.count else {
          throw ExchangeError("row \(index) has \(numbers.count) of \(columns.count) columns")
        }
        rows.append((index, numbers))
      } else if first.hasSuffix(":") {
        summary[first] = numbers
      }
    }
    // Rows of nothing but zeros are left out, so that the smallest step is a bucket.
    let width = max(1, zip(rows.dropFirst(), rows).map { $0.index - $1.index }.min() ?? 1)
    let entries = columns.enumerated().map { place, column in
      let parts = column.split(separator: "-")
      var histogram = LatencyHistogram()
      for row in rows {
        histogram.spread(row.counts[place], over: row.index...(row.index + width - 1))
      }
      // Beyond the table only the largest value is known.
      if let over = summary["over:"], place < over.count, over[place] > 0 {
        let largest = summary["max:"].map { place < $0.count ? $0[place] : 0 } ?? 0
        histogram.record(max(largest, (rows.last?.index ?? 0) + width), times: over[place])
      }
      return ForeignHistograms.Entry(
        metric: "rtla.\(tool)",
        labels: ["kind": String(parts.first ?? ""), "cpu": String(parts.last ?? "")], unit: unit,
        histogram: histogram)
    }
    return ForeignHistograms(source: "rtla \(tool) hist", entries: entries)
  }
}
