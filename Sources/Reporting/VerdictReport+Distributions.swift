import LatencyHistograms
import RunRecords

extension VerdictReport.Distribution {
  /// Merges neighbouring buckets until at most `limit` bins from the lowest to the highest value
  /// remain. Exact: no bucket is split.
  init(metric: String, reference: LatencyHistogram, candidate: LatencyHistogram, limit: Int) {
    self.init(
      metric: metric, bins: [], referenceCount: reference.count, candidateCount: candidate.count)
    let used = zip(reference.buckets, candidate.buckets).enumerated()
      .filter { $0.element.0 > 0 || $0.element.1 > 0 }.map(\.offset)
    guard let first = used.first, let last = used.last else { return }
    // 16 buckets per octave, merged by 1, 2, 4 ... 16, then whole octaves by 2, 4 ...
    var width = 1
    while last / width - first / width >= limit { width *= 2 }
    for slot in first / width...last / width {
      let indexes = slot * width..<min((slot + 1) * width, reference.buckets.count)
      func share(_ histogram: LatencyHistogram) -> Double {
        guard histogram.count > 0 else { return 0 }
        return indexes.reduce(0.0) { $0 + Double(histogram.buckets[$1]) } / Double(histogram.count)
      }
      bins.append(
        .init(
          lower: Double(reference.layout.bounds(of: slot * width).lower),
          reference: share(reference), candidate: share(candidate)))
    }
  }
}

/// The histograms of all judged iterations of some runs, by metric.
///
/// For showing only: a judgement never pools events over iterations.
func pooledHistograms(_ records: [RunRecord]) -> [MetricID: LatencyHistogram] {
  var pooled: [MetricID: LatencyHistogram] = [:]
  for record in records {
    let probes = Dictionary(record.probes.map { ($0.name, $0) }) { first, _ in first }
    for phase in record.iterations.filter(\.isJudged).flatMap(\.phases) {
      for histogram in phase.histograms {
        let probe = probes[MetricID.probe(ofMetric: histogram.metric)]
        let id = MetricID(
          name: histogram.metric, phase: phase.name, labels: histogram.labels,
          unit: histogram.unit, tier: probe?.tier ?? record.tier, rung: probe?.rung ?? "")
        // Records are validated when they are read; one that is not is left out here.
        guard let next = try? histogram.histogram() else { continue }
        pooled[id, default: LatencyHistogram()].merge(next)
      }
    }
  }
  return pooled
}
