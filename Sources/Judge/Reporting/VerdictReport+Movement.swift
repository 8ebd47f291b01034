import Foundation
import LatencyHistograms
import RegressionAnalysis
import RunRecords

extension VerdictReport {
  /// A metric that moved, or seems to, with what can be drawn of it.
  package struct Movement: Sendable, Equatable, Encodable {
    /// What one run says of the statistic, in the metric's unit.
    package struct Run: Sendable, Equatable, Encodable {
      package var isCandidate: Bool
      /// Serial number of the device.
      package var device: String
      /// Nil where the run has none.
      package var value: Double?
    }

    /// A point of the shift function: how far one quantile moved.
    package struct Shift: Sendable, Equatable, Encodable {
      /// Strictly between 0 and 1.
      package var probability: Double
      /// Relative.
      package var change: Double
      /// 95% interval of the point alone; nil where an arm has a single run.
      package var lower: Double?
      package var upper: Double?
    }

    /// Both distributions: shares of all events between neighbouring edges.
    package struct Curve: Sendable, Equatable, Encodable {
      /// Of ``edges``.
      package var unit: String
      /// Ascending, one more than shares.
      package var edges: [Double]
      package var reference: [Double]
      package var candidate: [Double]
    }

    /// The distribution over time: a column for each iteration, or for each run where those are many.
    package struct Heat: Sendable, Equatable {
      package struct Column: Sendable, Equatable {
        /// Position among the runs.
        package var run: Int
        package var isCandidate: Bool
        /// Of the column's events, between neighbouring edges.
        package var shares: [Double]
      }

      /// Ascending, one more than shares.
      package var edges: [Double]
      /// In the order in which they were made.
      package var columns: [Column]
    }

    /// ``MetricID/text``.
    package var metric: String
    /// Name and phase, which metrics with other labels share.
    package var family: String
    package var phase: String
    package var unit: String
    /// The statistic that moved most.
    package var statistic: String
    /// Of ``statistic``, in the order in which they were made.
    package var runs: [Run]
    /// By probability; empty for scalars.
    package var shift: [Shift]
    /// Nil for scalars.
    package var curve: Curve?
    /// For pictures only; nil for scalars.
    package var heat: Heat?

    private enum CodingKeys: String, CodingKey {
      case metric, family, phase, unit, statistic, runs, shift, curve
    }
  }

  /// Metrics that are drawn, at most.
  private static let mostMovements = 24
  private static let curveBins = 96

  /// Those of a verdict, the most important first.
  static func movements(_ verdict: Verdict, of input: VerdictInput) -> [Movement] {
    var worst: [MetricID: MetricVerdict] = [:]
    for metric in verdict.metrics where metric.isMovement {
      guard let known = worst[metric.id] else {
        worst[metric.id] = metric
        continue
      }
      if known.weight < metric.weight { worst[metric.id] = metric }
    }
    guard !worst.isEmpty else { return [] }
    let values = RunValues(input)
    let old = pooledHistograms(input.reference)
    let new = pooledHistograms(input.candidate)
    let ordered = worst.values.sorted { ($1.weight, $0.id) < ($0.weight, $1.id) }
    let records = Dictionary((input.reference + input.candidate).map { ($0.id, $0) }) { first, _ in
      first
    }
    let timeline = values.runs.map { (record: records[$0.id], isCandidate: $0.isCandidate) }
    return ordered.prefix(mostMovements).enumerated().map { place, metric in
      let id = metric.id
      let shift = verdict.metrics.first { $0.id == id && $0.shift != nil }?.shift ?? []
      return Movement(
        metric: id.text,
        family: MetricID(name: id.name, phase: id.phase).text, phase: id.phase,
        unit: metric.statistic.isCount ? "events" : id.unit, statistic: metric.statistic.text,
        runs: zip(values.runs, values.values(of: id, metric.statistic)).map {
          Movement.Run(isCandidate: $0.isCandidate, device: $0.device, value: $1)
        },
        shift: shift.map {
          Movement.Shift(
            probability: $0.probability, change: $0.change, lower: $0.interval?.low,
            upper: $0.interval?.high)
        },
        curve: Movement.Curve(old[id], new[id], unit: id.unit, limit: curveBins),
        heat: place < VerdictPage.mostDrawn
          ? Movement.Heat(id, old[id], new[id], runs: timeline) : nil)
    }
  }
}

extension VerdictReport.Movement.Curve {
  /// Nil unless both have events.
  init?(
    _ reference: LatencyHistogram?, _ candidate: LatencyHistogram?, unit: String, limit: Int
  ) {
    guard let reference, let candidate, !reference.isEmpty, !candidate.isEmpty else { return nil }
    let bins = DistributionBins([reference, candidate], limit: limit)
    guard let last = bins.bins.last else { return nil }
    self.unit = unit
    edges = bins.bins.map(\.lower) + [max(bins.upper, last.lower + 1)]
    self.reference = bins.bins.map { rounded($0.shares[0]) }
    self.candidate = bins.bins.map { rounded($0.shares[1]) }
  }
}

/// Six decimals of a share are more than any picture shows.
private func rounded(_ share: Double) -> Double { (share * 1e6).rounded() / 1e6 }

extension MetricVerdict {
  /// Whether it moved, or holds a pass back because it seems to.
  fileprivate var isMovement: Bool {
    if shape?.isCertain == true { return true }
    return switch outcome {
    case .regression, .improvement: true
    case .inconclusive: blocking && ((interval?.low ?? 0) > 0 || (interval?.high ?? 0) < 0)
    case .noChange, .probeLost, .invalid, .notMeasurable: false
    }
  }

  /// What decides comes first, then what got worse, then by size; counts say less than times.
  fileprivate var weight: Double {
    let size = min(50, abs(log1p(max(-0.999, change ?? 0))))
    let kind = outcome == .regression ? 1000.0 : outcome == .inconclusive ? 500 : 0
    return (gating && !isWaived ? 10_000 : 0) + kind + (statistic.isCount ? 0 : 100) + size
  }
}

extension Statistic {
  /// Whether its values are numbers of events.
  var isCount: Bool { base == .rate || base == .tail }
}
