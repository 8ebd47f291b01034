import LatencyHistograms
import RunRecords

/// What came in since the sample before.
package struct LiveSample: Sendable, Equatable {
  /// Time on the device that it covers, s.
  package var seconds: Double
  /// By metric and labels, without a phase.
  package var metrics: [MetricID: LiveCounts]
  /// By the metric's name.
  package var losses: [String: LiveLosses]

  package init(
    seconds: Double, metrics: [MetricID: LiveCounts] = [:], losses: [String: LiveLosses] = [:]
  ) {
    self.seconds = seconds
    self.metrics = metrics
    self.losses = losses
  }
}

/// Makes samples of looks at open windows, each of which has all that its window gave so far.
package struct LiveTally: Sendable {
  private let tiers: [String: Tier]
  private var before = LiveSample(seconds: 0)

  /// - Parameter probes: what became of those that are watched.
  package init(probes: [ProbeRecord]) {
    tiers = Dictionary(probes.compactMap { probe in probe.tier.map { (probe.name, $0) } }) {
      first, _ in first
    }
  }

  /// Takes a look. Where `isClosed`, it is the window's last, and the next one begins at nothing.
  package mutating func take(_ phase: PhaseRecord, isClosed: Bool) -> LiveSample {
    var now = LiveSample(seconds: Double(phase.durationNs) / 1e9)
    for record in phase.histograms {
      now.metrics[id(record.metric, record.labels, record.unit)] = LiveCounts(
        count: record.count, sum: record.sum,
        buckets: record.buckets.compactMap { pair in
          guard pair.count == 2, let index = Int(exactly: pair[0]) else { return nil }
          return SparseBucket(index: index, count: pair[1])
        })
    }
    for record in phase.counters {
      now.metrics[id(record.metric, record.labels, record.unit)] = LiveCounts(
        count: record.count, sum: record.sum)
    }
    for record in phase.losses {
      now.losses[record.metric] = LiveLosses(
        lost: record.lost, seen: record.recorded &+ record.lost)
    }
    let since = LiveSample(
      seconds: max(now.seconds - before.seconds, 0),
      metrics: Dictionary(
        uniqueKeysWithValues: now.metrics.map { id, counts in
          (id, before.metrics[id].map { counts.since($0) } ?? counts)
        }),
      losses: Dictionary(
        uniqueKeysWithValues: now.losses.map { name, losses in
          (name, before.losses[name].map { losses.since($0) } ?? losses)
        }))
    before = isClosed ? LiveSample(seconds: 0) : now
    return since
  }

  private func id(_ metric: String, _ labels: [String: String], _ unit: String) -> MetricID {
    MetricID(
      name: metric, phase: "", labels: labels, unit: unit,
      tier: tiers[MetricID.probe(ofMetric: metric)] ?? .t2)
  }
}
