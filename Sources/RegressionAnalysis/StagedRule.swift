import RunRecords

/// The rule itself: both stages fitted and moderated, every series judged.
struct StagedRule {
  let screen: StageAnalysis
  let confirm: StageAnalysis
  let grade: EvidenceGrade
  /// Whether fresh runs were given.
  let isConfirmed: Bool
  /// Comparisons that share the family-wise error, at least 1.
  let comparisons: Int
  /// One per series, in their order.
  let metrics: [MetricVerdict]

  /// Series have a value, or none, for every run; runs of both stages stand in time. Without a
  /// profile the noise is what these runs show.
  init(
    series: [Series], runs: [PlacedRun], policy: VerdictPolicy, profile: NoiseProfile?,
    grade: EvidenceGrade
  ) {
    self.grade = grade
    let screen = StageAnalysis(
      series: series, runs: runs, isConfirm: false, policy: policy, profile: profile)
    let confirm = StageAnalysis(
      series: series, runs: runs, isConfirm: true, policy: policy, profile: profile)
    // Stored builds serve both stages: only the candidate is run afresh.
    isConfirmed =
      runs.contains { $0.isConfirm && $0.isCandidate }
      && (policy.design == .stored || runs.contains { $0.isConfirm && !$0.isCandidate })
    comparisons = max(1, series.filter { $0.refusal == nil && $0.statistic != .rate }.count)
    let judge = MetricJudge(
      policy: policy, comparisons: comparisons, grade: grade, isConfirmed: isConfirmed, runs: runs,
      floors: profile?.floors ?? [:])
    metrics = series.enumerated().map { position, one in
      judge.judge(one, screen: screen.fits[position], confirm: confirm.fits[position])
    }
    self.screen = screen
    self.confirm = confirm
  }
}
