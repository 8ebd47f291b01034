import LatencyHistograms
import RunRecords

/// What the present is held against.
package struct LiveReference: Sendable, Equatable {
  /// For people, such as `first minute`.
  package var name: String
  /// By ``key(of:)``.
  private var histograms: [String: LatencyHistogram] = [:]

  /// Stored runs: all phases of their judged iterations together.
  package init(_ records: [RunRecord], name: String) {
    self.name = name
    for (id, histogram) in pooledHistograms(records) {
      histograms[Self.key(of: id), default: LatencyHistogram()].merge(histogram)
    }
  }

  init(_ sums: [(MetricID, LiveSum)], name: String) {
    self.name = name
    for (id, sum) in sums { histograms[Self.key(of: id)] = sum.histogram }
  }

  /// Nil where it has no event.
  func histogram(of id: MetricID) -> LatencyHistogram? {
    histograms[Self.key(of: id)].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Metric and labels; neither phase nor how it was attached.
  private static func key(of id: MetricID) -> String {
    MetricID(name: id.name, phase: "", labels: id.labels).text + " " + id.unit
  }
}
