import LatencyHistograms
import RunRecords

extension VerdictReport.Distribution {
  /// At most `limit` bins; see ``DistributionBins``.
  init(metric: String, reference: LatencyHistogram, candidate: LatencyHistogram, limit: Int) {
    self.init(
      metric: metric,
      bins: DistributionBins([reference, candidate], limit: limit).bins.map {
        Bin(lower: $0.lower, reference: $0.shares[0], candidate: $0.shares[1])
      },
      referenceCount: reference.count, candidateCount: candidate.count)
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
