import Foundation
import LatencyHistograms
import RunRecords

/// The histograms and stacks of one run, as they are written for other programs.
package struct RecordedRun: Sendable {
  /// One iteration's part of a metric.
  package struct Sample: Sendable {
    /// CLOCK_BOOTTIME of the device at the iteration's start, ns.
    package var bootNs: UInt64
    /// Wall clock, ns since 1970.
    package var unixNs: UInt64
    /// Time the window was open, ns.
    package var durationNs: UInt64
    package var histogram: LatencyHistogram
  }

  /// A metric over the run's judged iterations.
  package struct Metric: Sendable {
    package var id: MetricID
    /// In time.
    package var samples: [Sample]

    /// All of them together.
    package var total: LatencyHistogram {
      samples.reduce(into: LatencyHistogram()) { $0.merge($1.histogram) }
    }
  }

  package var id: String
  package var created: Date
  /// What the run was made of: names and values.
  package var facts: [(name: String, value: String)]
  /// By name.
  package var metrics: [Metric]
  /// By metric and phase.
  package var stacks: [FoldedStacks]

  package init(_ record: RunRecord) {
    id = record.id
    created = record.created
    facts = [
      ("suite", record.suite), ("device", record.target), ("serial", record.device.serial),
      ("firmware", record.firmware.name), ("build", record.firmware.id),
      ("arm", record.experiment?.arm.rawValue ?? ""),
    ].filter { !$0.1.isEmpty }
    let probes = Dictionary(record.probes.map { ($0.name, $0) }) { first, _ in first }
    let began = record.created.timeIntervalSince1970
    var found: [MetricID: [Sample]] = [:]
    for iteration in record.iterations.filter(\.isJudged) {
      let into = max(0, Double(iteration.startedUptimeNs) / 1e9 - record.boot.uptimeSeconds)
      // A clock that makes no sense gives a time that makes none; half the range leaves room for a window.
      let wall = UInt64(min(max(0, began + into) * 1e9, 0x1p63))
      for phase in iteration.phases {
        for histogram in phase.histograms {
          let probe = probes[MetricID.probe(ofMetric: histogram.metric)]
          let id = MetricID(
            name: histogram.metric, phase: phase.name, labels: histogram.labels,
            unit: histogram.unit, tier: probe?.tier ?? record.tier, rung: probe?.rung ?? "")
          // Records are validated when they are read; one that is not is left out here.
          guard let counts = try? histogram.histogram() else { continue }
          found[id, default: []].append(
            Sample(
              bootNs: iteration.startedUptimeNs, unixNs: wall,
              durationNs: min(phase.durationNs, UInt64(Int64.max)), histogram: counts))
        }
      }
    }
    stacks = FoldedStacks.all(of: record)
    metrics = found.sorted { $0.key < $1.key }.map { Metric(id: $0.key, samples: $0.value) }
  }
}
