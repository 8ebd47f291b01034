import Foundation
import RunRecords

/// A statistic of a metric over builds, with the builds at which its level changed for good.
package struct MetricHistory: Sendable, Equatable {
  /// One build's value.
  package struct Point: Sendable, Equatable {
    /// Position in ``BuildHistory/builds``.
    package var build: Int
    /// Huber location over its runs, in the metric's unit.
    package var value: Double
    package var runs: Int
  }

  /// A change for good.
  package struct Step: Sendable, Equatable {
    /// Position in ``BuildHistory/builds`` of the first build of the new level.
    package var build: Int
    /// Medians of the builds before and after, up to the next change, in the metric's unit.
    package var before: Double
    package var after: Double
    /// After / before - 1.
    package var change: Double
    package var isWorse: Bool
    /// Of the permutation test.
    package var p: Double
  }

  package var metric: MetricStatistic
  /// In the order of builds; builds without a value are left out.
  package var points: [Point]
  package var steps: [Step]
}

/// Collects runs, build by build, and gives the history of their metrics.
package struct BuildHistory: Sendable {
  /// Build ids in order.
  package let builds: [String]
  private let policy: VerdictPolicy
  private let places: [String: Int]
  private var levels: [MetricStatistic: [Int: [Double]]] = [:]
  private var higherIsBetter: Set<MetricStatistic> = []

  package init(builds: [String], policy: VerdictPolicy = VerdictPolicy()) {
    self.builds = builds
    self.policy = policy
    places = Dictionary(builds.enumerated().map { ($1, $0) }) { first, _ in first }
  }

  /// Takes a run in; one of a build that is not in ``builds`` is left out.
  package mutating func add(_ record: RunRecord) {
    let run = RunLevels(record, policy: policy)
    for (metric, value) in run.values {
      add(
        [(record.firmware.id, value)], of: metric,
        higherIsBetter: run.higherIsBetter.contains(metric))
    }
  }

  /// Takes levels of one statistic in, oldest run first; those of builds that are not in ``builds``
  /// are left out. `value` is as in ``RunLevels/values``.
  package mutating func add(
    _ values: [(build: String, value: Double)], of metric: MetricStatistic, higherIsBetter: Bool
  ) {
    var known = levels[metric] ?? [:]
    for level in values {
      guard let place = places[level.build] else { continue }
      known[place, default: []].append(level.value)
    }
    guard !known.isEmpty else { return }
    levels[metric] = known
    if higherIsBetter { self.higherIsBetter.insert(metric) }
  }

  /// Logarithms by build and statistic: what stability is decided by.
  package func logLevels(of metric: MetricStatistic) -> [Int: Double] {
    (levels[metric] ?? [:]).compactMapValues { huberLocation($0) }
  }

  /// Every statistic seen, sorted.
  package var metrics: [MetricStatistic] { levels.keys.sorted() }

  /// The histories of the metrics that a pattern over ``MetricID/text`` matches.
  ///
  /// A change smaller than the statistic's practical threshold is none.
  package func histories(
    matching patterns: [String], finder: ChangePointFinder = ChangePointFinder()
  ) -> [MetricHistory] {
    metrics.filter { metric in patterns.contains { glob($0, matches: metric.id.text) } }
      .map { metric in
        let values = logLevels(of: metric)
        let order = values.keys.sorted()
        let points = order.map { place in
          MetricHistory.Point(
            build: place, value: rounded(exp(values[place] ?? 0)),
            runs: levels[metric]?[place]?.count ?? 0)
        }
        let series = order.map { values[$0] ?? .nan }
        let steps = finder.changePoints(series).compactMap { point -> MetricHistory.Step? in
          let moved = point.after - point.before
          guard abs(moved) >= log(1 + threshold(of: metric)) else { return nil }
          return MetricHistory.Step(
            build: order[point.index], before: rounded(exp(point.before)),
            after: rounded(exp(point.after)), change: rounded(exp(moved) - 1),
            isWorse: (moved > 0) != higherIsBetter.contains(metric), p: point.p)
        }
        return MetricHistory(metric: metric, points: points, steps: steps)
      }
  }

  /// Statistics that got worse since a release by many small changes, or one; nil values and builds
  /// before it are left out.
  package func creep(
    since release: String, matching patterns: [String]
  ) -> [(metric: MetricStatistic, creep: Creep)] {
    guard let start = builds.firstIndex(of: release) else { return [] }
    let chosen = metrics.filter { metric in
      patterns.contains { glob($0, matches: metric.id.text) }
    }
    let finder = CreepFinder(comparisons: chosen.count)
    return chosen.compactMap { metric in
      let levels = logLevels(of: metric)
      let series = (start..<builds.count).map { levels[$0] ?? .nan }
      let worse: Double = higherIsBetter.contains(metric) ? -1 : 1
      return finder.creep(series, threshold: threshold(of: metric), worse: worse)
        .map { (metric: metric, creep: $0) }
    }
  }

  /// Standard deviation below which no noise is believed.
  var deviationFloor: Double { policy.deviationFloor }

  /// Smallest relative change that matters.
  func threshold(of metric: MetricStatistic) -> Double {
    guard case .quantile(let probability) = metric.statistic else { return policy.valueThreshold }
    return policy.quantiles.first { $0.probability == probability }?.threshold
      ?? policy.valueThreshold
  }
}
