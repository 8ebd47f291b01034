import Foundation
import RunRecords

/// Turns one series and its test into a metric verdict.
struct MetricJudge {
  let policy: VerdictPolicy
  /// Comparisons that share a look's level, at least 1.
  let comparisons: Int
  let grade: EvidenceGrade
  /// Whether numbers are wanted that no outcome depends on.
  let describes: Bool
  private let isCandidate: [Bool]
  private let quantiles = QuantileCache()

  init(
    policy: VerdictPolicy, comparisons: Int, grade: EvidenceGrade, runs: [PlacedRun],
    describes: Bool
  ) {
    self.policy = policy
    self.comparisons = comparisons
    self.grade = grade
    self.describes = describes
    isCandidate = runs.map(\.isCandidate)
  }

  /// - Parameters:
  ///   - series: to be judged.
  ///   - isGating: whether it decides the verdict.
  ///   - test: nil where nothing can be compared, and for event rates.
  ///   - fit: nil where nothing can be compared.
  ///   - limit: p values up to here are findings of this look.
  /// - Returns: the outcome with its numbers.
  func judge(
    _ series: Series, isGating: Bool, test: ArmTest?, fit: ArmFit?, limit: Double
  ) -> MetricVerdict {
    var verdict = MetricVerdict(
      id: series.id, statistic: series.statistic, outcome: .inconclusive,
      gating: isGating,
      blocking: false, grade: grade, shift: series.shift, shape: series.shape, reason: series.note)
    if describes {
      verdict.referenceValue = level(series, ofCandidate: false)
      verdict.candidateValue = level(series, ofCandidate: true)
    }
    if let refusal = series.refusal {
      verdict.outcome = refusal.outcome
      verdict.reason = refusal.reason
      verdict.blocking = verdict.gating && refusal.blocks
      return verdict
    }
    let tau = log1p(max(series.threshold, series.resolution))
    verdict.threshold = published(exp(test?.least ?? tau) - 1)
    // A guard need not show that it holds one.
    verdict.budget = test.flatMap { $0.isGuard ? nil : published(exp($0.budget) - 1) }
    let least = max(2, policy.minimumRuns)
    let counted = smallerArm(series)
    guard let fit, counted >= least else {
      verdict.blocking = verdict.gating
      verdict.runsNeeded = max(1, least - counted)
      verdict.reason = "fewer than \(least) runs in an arm: nothing can be said from so few"
      return verdict
    }
    describe(&verdict, fit, p: test?.p ?? fit.p)
    if let test {
      decide(&verdict, series, test, tau: tau, limit: limit)
    } else {
      verdict.outcome = isEquivalent(fit, tau) ? .noChange : .inconclusive
      if verdict.outcome == .inconclusive { plan(&verdict, fit, margin: tau) }
    }
    return verdict
  }

  /// Numbers that hold whatever the outcome.
  private func describe(_ verdict: inout MetricVerdict, _ fit: ArmFit, p: Double) {
    let reach = reach(fit)
    // Repeatable runs differ by rounding alone: that is no change.
    verdict.change = abs(fit.delta) < 1e-12 ? 0 : published(exp(fit.delta) - 1)
    if let low = published(exp(fit.delta - reach) - 1),
      let high = published(exp(fit.delta + reach) - 1)
    {
      verdict.interval = ChangeInterval(low: low, high: high)
    }
    verdict.p = published(p)
    guard describes else { return }
    let level = LookLevels.level(
      runs: max(LookLevels.firstWorstLook, fit.runs), isWorst: verdict.statistic.isWorst)
    let limit = level / (2 * Double(comparisons))
    let reach80 = quantiles.t(limit, fit.moderatedDegrees) + quantiles.t(0.2, fit.moderatedDegrees)
    verdict.mde80 = published(exp(reach80 * fit.error) - 1)
    verdict.runVariance = published(fit.variance)
    verdict.degreesOfFreedom = published(fit.degreesOfFreedom)
  }

  /// Equivalence is shown within `tau`, the change that matters, however noisy the rig is; a change
  /// must exceed what unchanged builds differ by to be called one.
  private func decide(
    _ verdict: inout MetricVerdict, _ series: Series, _ test: ArmTest, tau: Double, limit: Double
  ) {
    let fit = test.fit
    let reach = reach(fit)
    let worsening = series.worse * fit.delta
    let withinBudget = worsening + reach <= test.budget
    verdict.blocking = verdict.gating && !withinBudget
    if test.mayFind, test.p <= limit {
      verdict.outcome = worsening > 0 ? .regression : .improvement
      verdict.blocking = verdict.gating && (worsening > 0 || !withinBudget)
      return
    }
    let pull = series.worse * test.delta
    verdict.isLeaning = pull >= Self.leaningShare * test.least && test.p < Self.leaningP
    verdict.isOpen = worsening - reach > 0 && pull >= test.least
    // Of a guard only what it saw counts.
    if test.isGuard { verdict.blocking = verdict.gating && verdict.isOpen }
    if isEquivalent(fit, tau) {
      verdict.outcome = .noChange
      if verdict.blocking { verdict.reason = "no change, yet not shown to be under its budget" }
      return
    }
    verdict.outcome = .inconclusive
    if worsening - reach > 0, verdict.blocking {
      // A gain that shrinks and a time that grows are both so much worse.
      let least = series.worse > 0 ? exp(worsening - reach) - 1 : 1 - exp(reach - worsening)
      verdict.reason = "worse, by at least \(growth(least)); not yet confirmed"
      return
    }
    if test.isGuard {
      verdict.reason = verdict.reason ?? "stands guard beside the quantiles asked for"
      return
    }
    plan(&verdict, fit, margin: withinBudget ? tau : max(tau, test.budget - worsening))
    if !withinBudget { verdict.reason = verdict.reason ?? "not shown to be under its budget" }
  }

  /// Share of what matters, and p value, from which a statistic may be on its way to a finding.
  private static let leaningShare = 0.67
  private static let leaningP = 0.2

  private func isEquivalent(_ fit: ArmFit, _ tau: Double) -> Bool {
    abs(fit.delta) + reach(fit) <= tau
  }

  /// Half the width of the interval that is published.
  private func reach(_ fit: ArmFit) -> Double {
    quantiles.t(tail, fit.moderatedDegrees) * fit.error
  }

  private var tail: Double { (1 - policy.intervalLevel) / 2 }

  private func plan(_ verdict: inout MetricVerdict, _ fit: ArmFit, margin: Double) {
    guard describes else { return }
    // Builds are the units there, and the candidate is one, however often it is run.
    if policy.design == .stored {
      verdict.unreachable = true
      verdict.add(reason: "stored builds differ too much: run the reference beside the candidate")
      return
    }
    if let needed = fit.runsNeeded(
      margin: margin, tail: tail, most: policy.maximumRuns, quantiles: quantiles)
    {
      verdict.runsNeeded = max(1, needed - fit.runs)
    } else {
      verdict.unreachable = true
      verdict.add(reason: "too noisy: not even \(policy.maximumRuns) runs would decide it")
    }
  }

  private func level(_ series: Series, ofCandidate: Bool) -> Double? {
    guard series.values.count == isCandidate.count else { return nil }
    var (sum, count) = (0.0, 0.0)
    for (value, isCandidate) in zip(series.values, isCandidate) where isCandidate == ofCandidate {
      guard let value else { continue }
      sum += value
      count += 1
    }
    guard count > 0 else { return nil }
    return series.isAllZero ? 0 : published(exp(sum / count))
  }

  /// Runs with a value, of the arm that has fewer.
  private func smallerArm(_ series: Series) -> Int {
    var counts = (reference: 0, candidate: 0)
    for (value, isCandidate) in zip(series.values, isCandidate) where value != nil {
      if isCandidate { counts.candidate += 1 } else { counts.reference += 1 }
    }
    return min(counts.reference, counts.candidate)
  }
}
