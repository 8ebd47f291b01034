import Foundation
import RegressionAnalysis
import RunRecords

/// How many events a run will have of the metrics that decide, by earlier runs.
package struct ExpectedEvents: Sendable, Equatable {
  package struct Metric: Sendable, Equatable {
    /// Of the metric with its labels and phase.
    package var text: String
    /// Per run, all measured iterations together.
    package var events: Int
    /// Events that the least demanding quantile of the suite needs.
    package var needed: Int

    /// Whether any quantile of it can be judged.
    package var isMeasurable: Bool { events >= needed }
  }

  /// By their texts; scalars are not among them, as one value is enough.
  package var metrics: [Metric]
  /// Measured iterations per run.
  package var iterations: Int

  /// Nil when no run shows it.
  package init?(records: [RunRecord], iterations: Int, policy: VerdictPolicy) {
    let runs = records.compactMap { Self.events(in: $0, iterations: iterations) }
    guard !runs.isEmpty else { return nil }
    let least = policy.quantiles.map { policy.eventsNeeded(for: $0.probability) }.min()
    let needed = Int((least ?? 0).rounded())
    let gating = Set(runs.flatMap(\.keys)).filter { text in
      policy.gating.contains { glob($0, matches: text) }
        && !policy.sentinels.contains { glob($0, matches: text) }
    }
    self.iterations = iterations
    metrics = gating.sorted().map { text in
      let counts = runs.map { $0[text] ?? 0 }.sorted()
      return Metric(text: text, events: Int(counts[counts.count / 2]), needed: needed)
    }
  }

  /// Events by metric, as many as `iterations` would have had; nil without a judged iteration.
  private static func events(in record: RunRecord, iterations: Int) -> [String: Double]? {
    let judged = record.iterations.filter { $0.kind == .measured && $0.dropped == nil }
    guard !judged.isEmpty else { return nil }
    var counts: [String: Double] = [:]
    for phase in judged.flatMap(\.phases) {
      for histogram in phase.histograms {
        let id = MetricID(
          name: histogram.metric, phase: phase.name, labels: histogram.labels)
        counts[id.text, default: 0] += Double(histogram.count)
      }
    }
    return counts.mapValues { $0 * Double(iterations) / Double(judged.count) }
  }

  /// A line on all, and one on those that cannot be judged.
  var lines: [String] {
    guard !metrics.isEmpty else { return [] }
    let classes = Dictionary(grouping: metrics) { $0.text.prefix { !"{@".contains($0) } }
    let known = classes.sorted { $0.key < $1.key }.map { name, members in
      let counts = members.map(\.events)
      let (least, most) = (counts.min() ?? 0, counts.max() ?? 0)
      return "\(name) \(least == most ? "\(least)" : "\(least)-\(most)")"
    }
    return ["events: a run will have about \(known.joined(separator: ", "))"] + short
  }

  private var short: [String] {
    let short = metrics.filter { !$0.isMeasurable }
    guard let first = short.first else { return [] }
    let names = short.map { "\($0.text) (\($0.events))" }.joined(separator: ", ")
    let remedy = short.map(\.events).min().flatMap { events in
      events > 0
        ? Int((Double(first.needed * iterations) / Double(events)).rounded(.up)) : nil
    }
    return [
      "too few: no quantile of these can be judged with fewer than \(first.needed) events a run: "
        + "\(names); let the workload do more operations"
        + (remedy.map { ", or give --iterations \($0)" } ?? "") + ", or do not let them decide"
    ]
  }
}
