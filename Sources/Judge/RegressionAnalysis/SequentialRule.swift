import Foundation
import RunRecords

/// The rule itself: all runs so far fitted and moderated together, every series judged at the level
/// of this look (``LookLevels``).
struct SequentialRule {
  let fits: SeriesFits
  let grade: EvidenceGrade
  /// Gating comparisons that share the level of this look, at least 1; worst iterations are counted
  /// apart.
  let comparisons: Int
  /// One per series, in their order.
  let metrics: [MetricVerdict]

  /// Series have a value, or none, for every run; runs stand in time. Without a profile the noise is
  /// what these runs show. Numbers that no outcome depends on are left out unless `describes`.
  init(
    series: [Series], runs: [PlacedRun], policy: VerdictPolicy, profile: NoiseProfile?,
    grade: EvidenceGrade, describes: Bool = true
  ) {
    self.grade = grade
    let fitted = SeriesFits(series: series, runs: runs, policy: policy, profile: profile)
    fits = fitted
    let floors = profile?.floors ?? [:]
    var families: [Family: [ArmTest]] = [:]
    var tests: [Int: ArmTest] = [:]
    let gating = series.map { policy.isGating($0) }
    for (position, one) in series.enumerated() where one.refusal == nil && one.statistic != .rate {
      let family = Family(isGating: gating[position], isWorst: one.statistic.isWorst)
      let test = fitted.fits[position].map {
        ArmTest(
          one, fit: $0, common: fitted.commonFits[position], policy: policy,
          floor: floors[one.noiseKey] ?? 0)
      }
      tests[position] = test
      families[family, default: []] += [test].compactMap(\.self)
    }
    let candidates = runs.count { $0.isCandidate }
    let smaller = policy.design == .stored ? candidates : min(candidates, runs.count - candidates)
    var limits: [Family: Double] = [:]
    for (family, members) in families {
      limits[family] =
        FalseDiscoveryRule(
          candidates: members.filter(\.mayFind).map(\.p), comparisons: members.count,
          level: LookLevels.level(runs: smaller, isWorst: family.isWorst)
        ).limit
    }
    let counted = max(1, families[Family(isGating: true, isWorst: false)]?.count ?? 0)
    comparisons = counted
    let judge = MetricJudge(
      policy: policy, comparisons: counted, grade: grade, runs: runs, describes: describes)
    metrics = series.enumerated().map { position, one in
      let family = Family(isGating: gating[position], isWorst: one.statistic.isWorst)
      return judge.judge(
        one, isGating: gating[position], test: tests[position], fit: fitted.fits[position],
        limit: limits[family] ?? -1)
    }
  }

  /// Comparisons that share a level. Metrics that are only shown must not weaken those that decide.
  private struct Family: Hashable {
    var isGating: Bool
    var isWorst: Bool
  }
}

/// One comparison of the arms: what is measured of it, and what it must exceed to be a finding.
struct ArmTest {
  let fit: ArmFit
  /// The change that counts for a finding: where the event rate moved, what it cannot explain.
  let delta: Double
  let p: Double
  /// Logarithm of the smallest change that matters, raised to what unchanged builds differ by; of
  /// worst iterations and guards that of the budget, as they scatter more.
  let least: Double
  /// Logarithm of the largest worsening allowed.
  let budget: Double
  /// Whether this look may call it changed, whatever its p value.
  let mayFind: Bool
  /// ``VerdictPolicy/isGuard(_:)``.
  let isGuard: Bool

  init(
    _ series: Series, fit: ArmFit, common: ArmFit?, policy: VerdictPolicy, floor: Double
  ) {
    self.fit = fit
    let weaker = common.flatMap { $0.p > fit.p || abs($0.delta) < abs(fit.delta) ? $0 : nil }
    delta = weaker?.delta ?? fit.delta
    p = max(fit.p, weaker?.p ?? 0)
    budget = log1p(max(0, policy.budget(of: series)))
    let raised = max(log1p(max(series.threshold, series.resolution)), log1p(floor))
    isGuard = policy.isGuard(series.statistic)
    least = series.statistic.isWorst || isGuard ? max(raised, budget) : raised
    mayFind =
      abs(delta) >= least && delta * fit.delta > 0
      && LookLevels.decides(series.statistic, runs: fit.runs)
      && (!isGuard || fit.runs >= LookLevels.firstTailLook)
  }
}
