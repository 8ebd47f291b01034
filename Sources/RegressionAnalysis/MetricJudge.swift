import Foundation
import RunRecords

/// Turns one series and its fits into a metric verdict.
struct MetricJudge {
  let policy: VerdictPolicy
  /// Comparisons that share the family-wise error, at least 1.
  let comparisons: Int
  let grade: EvidenceGrade
  /// Whether fresh runs were given.
  let isConfirmed: Bool
  let runs: [PlacedRun]
  /// What unchanged builds differ by (``NoiseEntry/floor``), by ``NoiseEntry/key(_:_:)``.
  var floors: [String: Double] = [:]

  func judge(_ series: Series, screen: StageFit?, confirm: StageFit?) -> MetricVerdict {
    var verdict = MetricVerdict(
      id: series.id, statistic: series.statistic, outcome: .inconclusive,
      gating: policy.isGating(series),
      blocking: false, grade: grade, shift: series.shift, reason: series.note)
    verdict.referenceValue = level(series, isCandidate: false)
    verdict.candidateValue = level(series, isCandidate: true)
    if let refusal = series.refusal {
      verdict.outcome = refusal.outcome
      verdict.reason = refusal.reason
      verdict.blocking = verdict.gating && refusal.blocks
      return verdict
    }
    let tau = log1p(max(series.threshold, series.resolution))
    let floor = floors[NoiseEntry.key(series.id.text, series.statistic)] ?? 0
    let raised = max(tau, log1p(floor))
    let allowed = budget(series)
    verdict.threshold = published(exp(raised) - 1)
    verdict.budget = series.statistic == .rate ? nil : published(allowed)
    let least = max(2, policy.minimumRuns)
    let counted = StageCounts(series, runs)
    guard let screen, counted.smallerScreenArm >= least else {
      verdict.blocking = verdict.gating
      verdict.runsNeeded = max(1, least - counted.smallerScreenArm)
      verdict.reason = "fewer than \(least) runs in an arm: nothing can be told from so few"
      return verdict
    }
    let both = Comparison(
      screen: screen, confirm: confirm, sharesReference: policy.design == .stored)
    describe(&verdict, both)
    decide(
      &verdict, series, both, tau: tau, raised: raised, budget: log(1 + max(0, allowed)))
    return verdict
  }

  /// Numbers that hold whatever the outcome.
  private func describe(_ verdict: inout MetricVerdict, _ both: Comparison) {
    let reach = both.t((1 - policy.intervalLevel) / 2) * both.error
    // Repeatable runs differ by rounding alone: that is no change.
    verdict.change = abs(both.delta) < 1e-12 ? 0 : published(exp(both.delta) - 1)
    if let low = published(exp(both.delta - reach) - 1),
      let high = published(exp(both.delta + reach) - 1)
    {
      verdict.interval = ChangeInterval(low: low, high: high)
    }
    verdict.p = published(both.p)
    let family = policy.alpha / (2 * Double(comparisons))
    verdict.mde80 = published(exp((both.t(family) + both.t(0.2)) * both.error) - 1)
    verdict.runVariance = published(both.screen.variance)
    verdict.degreesOfFreedom = published(both.screen.degreesOfFreedom)
  }

  /// Equivalence is shown within `tau`, the change that matters, however noisy the bench is; a
  /// change must exceed `raised` to be called one.
  private func decide(
    _ verdict: inout MetricVerdict, _ series: Series, _ both: Comparison, tau: Double,
    raised: Double, budget: Double
  ) {
    let tail = (1 - policy.intervalLevel) / 2
    let reach = both.t(tail) * both.error
    let worsening = series.worse * both.delta
    let isEquivalent = abs(both.delta) + reach <= tau
    if series.statistic == .rate {
      verdict.outcome = isEquivalent ? .noChange : .inconclusive
      if !isEquivalent { plan(&verdict, both, margin: tau, tail: tail) }
      return
    }
    let screened =
      both.screen.p < policy.screenAlpha
      && abs(both.screen.delta) >= policy.screenShare * raised
    let withinBudget = worsening + reach <= budget
    if screened, isConfirmedChange(both, tau: raised) {
      verdict.outcome = worsening > 0 ? .regression : .improvement
      verdict.blocking = verdict.gating && (worsening > 0 || !withinBudget)
      return
    }
    let isOpen = screened && !isConfirmed && !isEquivalent
    verdict.blocking = verdict.gating && (!withinBudget || (isOpen && worsening > 0))
    if isEquivalent {
      verdict.outcome = .noChange
      if verdict.blocking { verdict.reason = "no change, yet not shown to be under its budget" }
      return
    }
    verdict.outcome = .inconclusive
    if isOpen {
      verdict.runsNeeded = both.screen.runs
      verdict.reason = "changed in the screen: fresh runs must confirm it"
      return
    }
    plan(
      &verdict, both, margin: withinBudget ? tau : max(tau, budget - worsening), tail: tail)
    if screened { verdict.reason = verdict.reason ?? "changed in the screen, not confirmed" }
    if !withinBudget { verdict.reason = verdict.reason ?? "not shown to be under its budget" }
  }

  /// Practical effect and significance on fresh runs, in the same direction.
  private func isConfirmedChange(_ both: Comparison, tau: Double) -> Bool {
    guard let confirm = both.confirm, confirm.runs >= max(2, policy.minimumRuns) else {
      return false
    }
    return confirm.p < policy.freshAlpha && (confirm.delta > 0) == (both.screen.delta > 0)
      && abs(both.delta) >= tau && both.p <= policy.alpha / Double(comparisons)
  }

  private func plan(
    _ verdict: inout MetricVerdict, _ both: Comparison, margin: Double, tail: Double
  ) {
    // Builds are the units there, and the candidate is one, however often it is run.
    if policy.design == .stored {
      verdict.unreachable = true
      verdict.reason =
        verdict.reason ?? "stored builds differ too much: run the reference beside the candidate"
      return
    }
    let have = both.screen.runs + (both.confirm?.runs ?? 0)
    if let needed = both.runsNeeded(margin: margin, tail: tail, most: policy.maximumRuns) {
      verdict.runsNeeded = max(1, needed - have)
    } else {
      verdict.unreachable = true
      verdict.reason = verdict.reason ?? "the noise is too high for \(policy.maximumRuns) runs"
    }
  }

  private func budget(_ series: Series) -> Double {
    policy.budget(
      of: series.id.text, series.statistic, threshold: max(series.threshold, series.resolution))
  }

  private func level(_ series: Series, isCandidate: Bool) -> Double? {
    guard series.values.count == runs.count else { return nil }
    let values = zip(runs, series.values).filter { $0.0.isCandidate == isCandidate }
      .compactMap(\.1)
    guard !values.isEmpty else { return nil }
    if series.isAllZero { return 0 }
    return published(exp(values.reduce(0, +) / Double(values.count)))
  }
}

/// Runs with a value, per arm and stage.
private struct StageCounts {
  let smallerScreenArm: Int

  init(_ series: Series, _ runs: [PlacedRun]) {
    let present = zip(runs, series.values).filter { !$0.0.isConfirm && $0.1 != nil }
    let candidates = present.filter { $0.0.isCandidate }.count
    smallerScreenArm = min(candidates, present.count - candidates)
  }
}
