import Foundation
import LatencyHistograms
import RunRecords

/// One statistic of one metric, as a key.
package struct MetricStatistic: Sendable, Hashable, Comparable {
  package var id: MetricID
  package var statistic: Statistic

  package init(id: MetricID, statistic: Statistic) {
    self.id = id
    self.statistic = statistic
  }

  package static func < (left: MetricStatistic, right: MetricStatistic) -> Bool {
    (left.id, left.statistic) < (right.id, right.statistic)
  }
}

/// What one run says of each statistic, without anything to compare it with: the values that a
/// history is made of.
///
/// The rules are those of a verdict: judged iterations only, quantiles with enough events beyond
/// them, no metric that the run itself calls invalid or that lost too much.
package struct RunLevels: Sendable, Equatable {
  /// Number of the rules below: levels are kept, and those of another number are made anew. It is
  /// raised with every change of what ``init(_:policy:)`` makes of a record.
  package static let rules = 3

  /// Natural logarithms of the metrics' units; without the statistics that are not known.
  package private(set) var values: [MetricStatistic: Double] = [:]
  /// Scalars of which more is better.
  package private(set) var higherIsBetter: Set<MetricStatistic> = []

  package init(_ record: RunRecord, policy: VerdictPolicy = VerdictPolicy()) {
    if record.invalid.contains(where: { $0.metric == nil && $0.probe == nil }) { return }
    let index = RunIndex(record)
    for key in index.histograms.keys { addHistogram(key, index, policy) }
    for (key, values) in index.scalars { addScalar(key, values, index) }
  }

  private mutating func addScalar(_ key: SeriesKey, _ values: [Double], _ index: RunIndex) {
    guard !isMarked(key, index), values.allSatisfy({ $0.isFinite && $0 > 0 }),
      let value = huberLocation(values.map { log($0) })
    else { return }
    let place = MetricStatistic(
      id: MetricID(name: key.name, phase: key.phase, unit: key.unit), statistic: .value)
    self.values[place] = value
    if index.better[key] == .higher { higherIsBetter.insert(place) }
  }

  private mutating func addHistogram(
    _ key: SeriesKey, _ index: RunIndex, _ policy: VerdictPolicy
  ) {
    // Numbers of other programs come without a probe.
    let probe = index.probe(of: key.name)
    guard probe.map({ $0.status == .loaded }) ?? true, !isMarked(key, index),
      let iterations = try? index.iterationHistograms(key)
    else { return }
    let source = RunIndex.Source(metric: key.name, phase: key.phase)
    let loss = index.losses[source]
    if let loss, loss.lost > policy.lossAllowance, loss.lossShare > policy.lossLimit { return }
    var id = MetricID(name: key.name, phase: key.phase, labels: key.labels, unit: key.unit)
    if let probe {
      id.tier = index.tier(of: probe)
      id.rung = probe.rung
    }
    let merged = iterations.reduce(into: LatencyHistogram()) { $0.merge($1) }
    for quantile in policy.quantiles.map(\.probability) {
      guard policy.suffices(Double(merged.count), for: quantile),
        !index.isCensored(source, quantile)
      else { continue }
      let each = iterations.allSatisfy { policy.sufficesAlone(Double($0.count), for: quantile) }
      let sources = each ? iterations : [merged]
      values[MetricStatistic(id: id, statistic: .quantile(quantile))] =
        huberLocation(sources.compactMap { $0.logQuantile(quantile) })
    }
  }

  private func isMarked(_ key: SeriesKey, _ index: RunIndex) -> Bool {
    index.record.invalid.contains { mark in
      mark.metric == key.name
        || (!key.isScalar && mark.probe == MetricID.probe(ofMetric: key.name))
    }
  }
}
