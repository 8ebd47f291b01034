import RunRecords

/// Regressions that do not rest on the runs that something disturbed: they are found in all runs, and
/// again in those that are left.
///
/// Both are asked, so that leaving runs out can only take a finding away: no build is called slower
/// more often by it. A pass is not given this way: a boot that is slow now and then may be the build's.
struct SteadyRegressions {
  private let rows: Set<Row>
  /// Which runs were left out, for people.
  let text: String

  private struct Row: Hashable {
    var id: MetricID
    var statistic: Statistic

    init(_ metric: MetricVerdict) { (id, statistic) = (metric.id, metric.statistic) }
  }

  /// nil when no gating regression is left, or the arms cannot be compared without those runs either.
  init?(_ verdict: Verdict, _ runs: [PlacedRun], _ input: VerdictInput) {
    let policy = input.policy
    let disturbed = ConditionRule(policy: policy, grade: verdict.grade).disturbed(runs)
    guard !disturbed.isEmpty else { return nil }
    let rest = runs.filter { !disturbed.contains($0.index.record.id) }
    let mixtures = ProbeMixture.all(in: rest)
    let series = SeriesBuilder(runs: rest, policy: policy, mixtures: mixtures).build()
    let rule = sequentialRule(series, rest, mixtures, input)
    let conditions = ConditionRule(policy: policy, grade: rule.grade).findings(rest)
    guard benchProblems(conditions, rest, policy).isEmpty else { return nil }
    let found = Set(rule.metrics.filter { $0.outcome == .regression }.map(Row.init))
    let kept = verdict.metrics.filter { $0.outcome == .regression && found.contains(Row($0)) }
    guard kept.contains(where: { $0.gating && !$0.isWaived }) else { return nil }
    rows = Set(kept.map(Row.init))
    text =
      "the regression is found without \(disturbed.count == 1 ? "run" : "runs") "
      + "\(disturbed.sorted().joined(separator: ", ")) as well, whose conditions stand apart from the "
      + "other runs of the same firmware"
  }

  func contains(_ metric: MetricVerdict) -> Bool {
    rows.contains(Row(metric))
  }
}
