import Foundation
import RunRecords

/// What an experiment of a given size will find, estimated before it is made from the known noise
/// of the bench.
package struct DesignForecast: Sendable, Equatable {
  /// What it finds of one gating statistic.
  package struct Entry: Sendable, Equatable {
    /// ``MetricID/text``.
    package var metric: String
    package var statistic: Statistic
    /// Smallest relative worsening that is found with 80% power; nil = none of a sensible size.
    package var detects: Double?
    /// Largest relative worsening that the suite allows.
    package var budget: Double

    /// Whether a worsening as large as the budget would be missed too often.
    /// Worst iterations are called from a worsening as large as the budget on, so that half of
    /// those are missed by design.
    package var isBlind: Bool {
      !statistic.isWorst && (detects ?? .infinity) > budget
    }
  }

  /// Of the gating statistics that the profile knows, in its order.
  package var entries: [Entry]

  /// - Parameters:
  ///   - profile: the bench's noise.
  ///   - policy: what the suite asks for.
  ///   - runs: per arm.
  package init(profile: NoiseProfile, policy: VerdictPolicy, runs: Int) {
    let judged = profile.entries.filter {
      $0.statistic != .rate && policy.decides($0.metric)
    }
    // As the verdict will use them.
    let shrunk = profile.shrunk
    // A guard has no budget to keep.
    entries = judged.filter { !policy.isGuard($0.statistic) }.map { own in
      let entry = shrunk[own.key] ?? own
      let threshold = policy.leastChange(of: entry.statistic)
      let budget = policy.budget(of: entry.metric, entry.statistic, threshold: threshold)
      let least = entry.statistic.isWorst ? max(threshold, budget) : threshold
      return Entry(
        metric: entry.metric, statistic: entry.statistic,
        detects: DesignPower(
          variance: entry.variance, degreesOfFreedom: entry.degreesOfFreedom,
          threshold: max(least, entry.floor), runs: runs, statistic: entry.statistic,
          comparisons: judged.count { $0.statistic.isWorst == entry.statistic.isWorst }
        ).detectable(),
        budget: budget)
    }
  }

  /// Statistics whose budget is smaller than what can be found.
  package var blind: [Entry] { entries.filter(\.isBlind) }
}

extension VerdictPolicy {
  /// Whether a metric, by its text, decides the verdict.
  fileprivate func decides(_ metric: String) -> Bool {
    !sentinels.contains { glob($0, matches: metric) }
      && gating.contains { glob($0, matches: metric) }
  }

  /// The smallest relative change that matters.
  fileprivate func leastChange(of statistic: Statistic) -> Double {
    switch statistic {
    case .quantile(let probability):
      quantiles.first { abs($0.probability - probability) < 1e-9 }?.threshold ?? valueThreshold
    case .tail: tailThreshold
    case .rate: rateThreshold
    case .value, .mean: valueThreshold
    case .worst(let statistic): leastChange(of: statistic)
    }
  }
}
