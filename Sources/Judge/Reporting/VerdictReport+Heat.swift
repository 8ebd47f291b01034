import LatencyHistograms
import RunRecords

extension VerdictReport.Movement.Heat {
  /// Columns and rows of a picture, at most: it stays small whatever a check measures.
  private static let mostColumns = 24
  private static let mostRows = 16

  /// Nil where there are no events, or less than two columns.
  init?(
    _ id: MetricID, _ reference: LatencyHistogram?, _ candidate: LatencyHistogram?,
    runs: [(record: RunRecord?, isCandidate: Bool)]
  ) {
    let bins = DistributionBins(
      [reference, candidate].compactMap(\.self), limit: Self.mostRows)
    guard let last = bins.bins.last else { return nil }
    let edges = bins.bins.map(\.lower) + [max(bins.upper, last.lower + 1)]
    var columns: [(run: Int, isCandidate: Bool, histogram: LatencyHistogram)] = []
    for (run, one) in runs.enumerated() {
      for iteration in one.record?.iterations.filter(\.isJudged) ?? [] {
        var histogram = LatencyHistogram()
        for phase in iteration.phases where phase.name == id.phase {
          for found in phase.histograms where found.metric == id.name && found.labels == id.labels {
            if let counts = try? found.histogram() { histogram.merge(counts) }
          }
        }
        if !histogram.isEmpty { columns.append((run, one.isCandidate, histogram)) }
      }
    }
    if columns.count > Self.mostColumns, runs.count == 1 {
      // Neighbours of one run share a column.
      let size = (columns.count + Self.mostColumns - 1) / Self.mostColumns
      columns = stride(from: 0, to: columns.count, by: size).map { first in
        columns[first..<min(first + size, columns.count)].dropFirst().reduce(
          into: columns[first]
        ) { $0.histogram.merge($1.histogram) }
      }
    } else if columns.count > Self.mostColumns {
      columns = columns.reduce(into: []) { merged, next in
        if let end = merged.indices.last, merged[end].run == next.run {
          merged[end].histogram.merge(next.histogram)
        } else {
          merged.append(next)
        }
      }
    }
    guard columns.count > 1 else { return nil }
    self.edges = edges
    self.columns = columns.suffix(Self.mostColumns).map {
      Column(run: $0.run, isCandidate: $0.isCandidate, shares: Self.shares($0.histogram, edges))
    }
  }

  private static func shares(_ histogram: LatencyHistogram, _ edges: [Double]) -> [Double] {
    var shares = [Double](repeating: 0, count: edges.count - 1)
    var row = 0
    for bucket in histogram.sparse {
      let lower = Double(histogram.layout.bounds(of: bucket.index).lower)
      while row + 1 < shares.count, edges[row + 1] <= lower { row += 1 }
      shares[row] += Double(bucket.count) / Double(histogram.count)
    }
    return shares
  }
}
