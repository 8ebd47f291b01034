import RunRecords

/// How much of the gating metrics was measured: a pass needs evidence.
package struct MeasuredCounts: Codable, Sendable, Equatable {
  /// Gating metrics that had events, or values, in either arm.
  package var metrics = 0
  /// Those of them with at least one statistic that could be compared.
  package var measured = 0
  /// Gating statistics, event rates left out, and those of them that could be compared.
  package var statistics = 0
  package var measuredStatistics = 0
  /// Gating metrics with so few events that they are no part of the workload.
  package var rare = 0

  package init() {}
}

/// Holds the gating metrics against what could be compared.
struct MeasuredCoverage {
  /// Events a run, of the median run of the busier arm, below which a metric is incidental: a
  /// stray request of the system, which not every run sees.
  static let rareBelow = 5.0

  private(set) var counts = MeasuredCounts()
  private var missing: [(metric: String, reason: String?)] = []

  init(_ metrics: [MetricVerdict], _ runs: [PlacedRun]) {
    let gating = metrics.filter { $0.gating && $0.statistic != .rate }
    for (text, rows) in Dictionary(grouping: gating, by: \.id.text).sorted(by: { $0.key < $1.key })
    {
      let measured = rows.filter(\.isMeasured)
      if measured.isEmpty, let id = rows.first?.id, Self.isRare(id, runs) {
        counts.rare += 1
        continue
      }
      counts.metrics += 1
      counts.statistics += rows.count
      counts.measuredStatistics += measured.count
      // What is lost or invalid fails the verdict by itself.
      let isBroken = rows.contains { $0.outcome == .invalid || $0.outcome == .probeLost }
      if measured.isEmpty, !isBroken {
        missing.append((text, rows.compactMap(\.reason).first))
      } else if !measured.isEmpty {
        counts.measured += 1
      }
    }
  }

  /// Why this is no pass; empty when enough was measured.
  func doubts(_ policy: VerdictPolicy) -> [String] {
    guard counts.metrics > 0 else {
      return [
        counts.rare > 0
          ? "no gating metric could be judged: all \(counts.rare) had too few events"
          : "no gating metric could be judged"
      ]
    }
    let share = Double(counts.measured) / Double(counts.metrics)
    guard share < policy.minimumMeasured - 1e-9, let first = missing.first else { return [] }
    let more = missing.count > 1 ? ", and \(missing.count - 1) more" : ""
    let why = first.reason.map { " (\($0))" } ?? ""
    return [
      "\(counts.measured) of \(counts.metrics) gating metrics could be measured, "
        + "\(percent(policy.minimumMeasured)) are asked for: not \(first.metric)\(why)\(more)"
    ]
  }

  /// Whether a metric has next to no events in both arms.
  private static func isRare(_ id: MetricID, _ runs: [PlacedRun]) -> Bool {
    [false, true].allSatisfy { isCandidate in
      let counts = runs.filter { $0.isCandidate == isCandidate }.map { run -> Double in
        let own = run.index.histograms.filter {
          $0.key.name == id.name && $0.key.phase == id.phase && $0.key.labels == id.labels
        }
        let scalars = run.index.scalars.filter {
          $0.key.name == id.name && $0.key.phase == id.phase
        }
        return own.values.flatMap(\.self).reduce(0) { $0 + Double($1.count) }
          + (scalars.isEmpty ? 0 : .infinity)
      }
      return (median(counts) ?? 0) < rareBelow
    }
  }
}

extension MetricVerdict {
  /// Whether the arms could be compared.
  var isMeasured: Bool { interval != nil }
}
