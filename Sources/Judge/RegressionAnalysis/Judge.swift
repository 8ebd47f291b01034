import Foundation
import RunRecords

/// Judges all runs given, as one look at an experiment that may continue.
///
/// Pure: the same records, in any order, give the same verdict, byte for byte.
/// - Parameter input: records of both arms.
/// - Returns: a regression is a result, not an error.
/// - Throws: ``VerdictError`` for records that cannot be compared at all.
package func judge(_ input: VerdictInput) throws(VerdictError) -> Verdict {
  try check(input)
  let policy = input.policy
  let runs = placed(input)
  let mixtures = ProbeMixture.all(in: runs)
  let series = SeriesBuilder(runs: runs, policy: policy, mixtures: mixtures).build()
  let rule = sequentialRule(series, runs, mixtures, input)
  let metrics = rule.metrics.map { $0.waived(by: input.waivers) }
  var verdict = Verdict(
    outcome: .inconclusive, continuation: .settled, grade: rule.grade,
    reasons: [], probes: probeFindings(runs), metrics: metrics,
    counts: VerdictCounts(metrics),
    runs: RunCounts(reference: input.reference.count, candidate: input.candidate.count),
    comparisons: rule.comparisons, noiseFactor: rounded(rule.fits.lambda),
    conditions: ConditionRule(policy: policy, grade: rule.grade).findings(runs),
    flags: rule.fits.flags(series))
  if !policy.deadlines.isEmpty {
    verdict.deadlines = DeadlineRule(runs: runs, policy: policy, waivers: input.waivers)
      .findings(metrics)
  }
  conclude(&verdict, runs, mixtures, input)
  verdict.counts = VerdictCounts(verdict.metrics)
  return verdict
}

/// The rule over these runs; on weak evidence where arms do not match.
func sequentialRule(
  _ series: [Series], _ runs: [PlacedRun], _ mixtures: [ProbeMixture], _ input: VerdictInput
) -> SequentialRule {
  let isSound = mixtures.isEmpty && input.benchCaveat == nil
  return SequentialRule(
    series: series, runs: runs, policy: input.policy, profile: input.profile,
    grade: isSound ? .of(runs, policy: input.policy) : .weak)
}

// MARK: Records

func check(_ input: VerdictInput) throws(VerdictError) {
  if input.reference.isEmpty { throw .noRuns(arm: "reference") }
  if input.candidate.isEmpty { throw .noRuns(arm: "candidate") }
  let arms: [(ExperimentPlace.Arm, [RunRecord])] = [
    (.reference, input.reference), (.candidate, input.candidate),
  ]
  var seen: Set<String> = []
  for (arm, records) in arms {
    for record in records {
      guard seen.insert(record.id).inserted else { throw .duplicateRecord(id: record.id) }
      if let place = record.experiment, place.arm != arm, input.policy.design != .stored {
        throw .wrongArm(id: record.id, isIn: arm.rawValue)
      }
    }
  }
  let all = arms.flatMap(\.1)
  let fields: [(String, (RunRecord) -> String)] = [
    ("target", \.target), ("suite", \.suite), ("workload", \.workload),
    ("scope", { $0.scope?.text ?? "everyone" }),
  ]
  for (name, field) in fields {
    let values = Set(all.map(field)).sorted()
    if values.count > 1 { throw .mixed(field: name, values: values) }
  }
}

/// All runs in time: the one order that everything below relies on.
func placed(_ input: VerdictInput) -> [PlacedRun] {
  let arms = [(input.reference, false), (input.candidate, true)]
  return arms.flatMap { records, isCandidate in
    records.map { PlacedRun(index: RunIndex($0), isCandidate: isCandidate) }
  }
  .sorted { left, right in
    let (a, b) = (left.index.record, right.index.record)
    return (a.experiment?.order ?? .max, a.created, a.id)
      < (b.experiment?.order ?? .max, b.created, b.id)
  }
}

private func probeFindings(_ runs: [PlacedRun]) -> [ProbeFinding] {
  let names = Set(runs.flatMap { $0.index.record.probes.map(\.name) }).sorted()
  return names.compactMap { name in
    let bad = runs.compactMap { run -> (PlacedRun, ProbeRecord)? in
      let probe = run.index.record.probes.first { $0.name == name }
      return probe.flatMap { $0.status == .loaded ? nil : (run, $0) }
    }
    guard let first = bad.first(where: { $0.0.isCandidate }) ?? bad.first else { return nil }
    let inCandidate = bad.contains { $0.0.isCandidate }
    let inReference = bad.contains { !$0.0.isCandidate }
    return ProbeFinding(
      probe: name, status: first.1.status,
      arm: inCandidate && inReference ? "both" : inCandidate ? "candidate" : "reference",
      reason: first.1.reason ?? "")
  }
}

// MARK: The whole

private func conclude(
  _ verdict: inout Verdict, _ runs: [PlacedRun], _ mixtures: [ProbeMixture],
  _ input: VerdictInput
) {
  let policy = input.policy
  let overhead = overheadProblems(runs, policy)
  let failures = dataFailures(verdict, runs, mixtures, overhead: overhead.failures, policy)
  var remarks = [input.benchCaveat].compactMap(\.self)
  if policy.allowsMixed {
    remarks += mixtures.map { "\($0.description): compared as asked, on weak evidence" }
  }
  let bench = benchProblems(verdict.conditions, runs, policy)
  let steady = bench.isEmpty ? nil : SteadyRegressions(verdict, runs, input)
  withhold(&verdict, bench, except: steady)
  let gating = verdict.metrics.filter(\.gating)
  var doubts: [Trouble] = []
  if let steady {
    remarks += bench + [steady.text]
  } else {
    doubts += bench.map { Trouble(.conditions, $0) }
  }
  doubts += overhead.doubts.map { Trouble(.overhead, $0) }
  doubts += sentinelDoubts(verdict, policy).map { Trouble(.sentinel, $0) }
  if verdict.grade < policy.minimumGrade {
    doubts.append(
      Trouble(
        .weakEvidence,
        "the evidence is \(verdict.grade.rawValue), the suite asks for "
          + "\(policy.minimumGrade.rawValue)"))
  }
  let coverage = MeasuredCoverage(verdict.metrics, runs)
  verdict.measured = coverage.counts
  // What holds a pass back, but no regression: that stands on what was measured.
  let gaps =
    coverage.doubts(policy).map { Trouble(.nothingMeasured, $0) }
    + shapeDoubts(verdict, input.waivers) + deadlineDoubts(verdict)
  let missed = verdict.deadlines?.filter { $0.state == .missed && !$0.isWaived } ?? []
  let undecided = gaps.filter { $0.cause == .shapeChanged || $0.cause == .deadlineOpen }
  let builds = Set(runs.filter { !$0.isCandidate }.map(\.index.record.firmware.id)).count
  if verdict.grade == .stored, builds < EvidenceGrade.buildsOfPromise {
    remarks.append(
      "\(builds) stored builds: at most 1% false alarms are promised from "
        + "\(EvidenceGrade.buildsOfPromise) on")
  }
  verdict.reasons = (failures + doubts + gaps).map(\.text) + missed.map(\.text) + remarks
  verdict.cause = (failures + doubts).first?.text
  let broken = gating.contains { $0.outcome == .invalid || $0.outcome == .probeLost }
  let blocked = gating.contains(where: \.blocking)
  // A row that is over its budget says more than what is missing beside it; a guard's says less.
  let isOver = gating.contains { $0.blocking && !policy.isGuard($0.statistic) }
  let decisive = isOver ? gaps.filter { $0.cause != .shapeChanged } : gaps
  verdict.cause = verdict.cause ?? decisive.first?.text
  if !failures.isEmpty || broken {
    verdict.outcome = .failed
  } else if !doubts.isEmpty || blocked || !gaps.isEmpty || !missed.isEmpty {
    verdict.outcome = .inconclusive
  } else {
    verdict.outcome = .pass
  }
  // A confirmed regression in sound metrics stands beside failures elsewhere, but not on
  // evidence weaker than asked for, nor on arms that the bench treated differently.
  let isWorse = gating.contains { $0.outcome == .regression && !$0.isWaived }
  if doubts.isEmpty, overhead.failures.isEmpty, isWorse || !missed.isEmpty {
    verdict.outcome = .regression
    // Of a regression the metric says it; what failed beside it decided nothing.
    verdict.cause = isWorse ? nil : missed.first?.text
  }
  verdict.failure = failureCause(
    of: verdict, failures: failures, doubts: doubts + decisive)
  verdict.owner = verdict.failure?.owner
  // No run repairs invalid data, and none is needed where a regression is confirmed.
  verdict.continuation =
    !failures.isEmpty || broken || verdict.outcome == .regression
    ? .settled
    : Continuation(
      verdict.metrics, isHeldBack: !undecided.isEmpty,
      runs: min(verdict.runs.reference, verdict.runs.candidate))
}

/// What was measured, but not as it has to be.
private func dataFailures(
  _ verdict: Verdict, _ runs: [PlacedRun], _ mixtures: [ProbeMixture], overhead: [String],
  _ policy: VerdictPolicy
) -> [Trouble] {
  var failures: [Trouble] = []
  for run in runs {
    for mark in run.index.record.invalid where mark.metric == nil && mark.probe == nil {
      failures.append(
        Trouble(.invalidRun, "run \(run.index.record.id) is invalid: \(mark.reason)"))
    }
  }
  failures += overhead.filter { new in !failures.contains { $0.text == new } }
    .map { Trouble(.overhead, $0) }
  for finding in verdict.probes where finding.arm == "candidate" {
    let own = verdict.metrics.filter { $0.id.probe == finding.probe }
    if own.isEmpty || own.contains(where: \.gating) {
      failures.append(
        Trouble(
          .probeLost, "probe \(finding.probe) is \(finding.status.rawValue) on the candidate"))
    }
  }
  for mixture in mixtures where !policy.allowsMixed {
    if verdict.metrics.contains(where: { $0.gating && $0.id.probe == mixture.probe }) {
      failures.append(Trouble(.mixedProbes, "\(mixture.description): \(ProbeMixture.remedy)"))
    }
  }
  return failures
}

/// Gating metrics that have a slower mode which the reference has not: no pass, whatever quantiles say.
private func shapeDoubts(_ verdict: Verdict, _ waivers: [MetricWaiver]) -> [Trouble] {
  let gating = Set(verdict.metrics.filter(\.gating).map(\.id))
  return verdict.metrics.compactMap { metric in
    guard let shape = metric.shape, shape.isWorse, shape.isCertain, gating.contains(metric.id),
      !waivers.contains(where: { !$0.isExpired && glob($0.pattern, matches: metric.id.text) })
    else { return nil }
    return Trouble(.shapeChanged, "\(metric.id.text): \(shape.text)")
  }
}

/// Fixed limits that are not known to be kept.
private func deadlineDoubts(_ verdict: Verdict) -> [Trouble] {
  (verdict.deadlines ?? []).filter { !$0.isWaived }.compactMap { finding in
    switch finding.state {
    case .met, .missed: nil
    case .open: Trouble(.deadlineOpen, finding.text)
    case .unmeasured: Trouble(.nothingMeasured, finding.text)
    }
  }
}

/// What makes the arms' data incomparable, whatever the metrics say.
func benchProblems(
  _ conditions: [ConditionFinding], _ runs: [PlacedRun], _ policy: VerdictPolicy
) -> [String] {
  let differing = conditions.filter { $0.kind == .unstable || $0.kind == .unexplained }
  let age = ConditionRule(policy: policy, grade: .weak).ageProblem(runs)
  return differing.map(\.text) + [dropImbalance(runs, policy), age].compactMap(\.self)
}

/// Takes back what metrics seem to show when the bench explains it.
private func withhold(
  _ verdict: inout Verdict, _ problems: [String], except steady: SteadyRegressions?
) {
  guard !problems.isEmpty else { return }
  for index in verdict.metrics.indices {
    let outcome = verdict.metrics[index].outcome
    guard outcome == .regression || outcome == .improvement,
      steady?.contains(verdict.metrics[index]) != true
    else { continue }
    verdict.metrics[index].outcome = .inconclusive
    verdict.metrics[index].reason =
      "looks like \(outcome == .regression ? "a regression" : "an improvement"), but the bench "
      + "treated the arms differently"
    verdict.metrics[index].blocking =
      verdict.metrics[index].gating && !verdict.metrics[index].isWaived
  }
}

/// What sentinels say of the bench: they moved, or there is none.
private func sentinelDoubts(_ verdict: Verdict, _ policy: VerdictPolicy) -> [String] {
  guard !policy.sentinels.isEmpty else { return [] }
  let watched = verdict.metrics.filter {
    policy.isSentinel($0.id.text) && $0.statistic != .rate && !$0.statistic.isWorst
  }
  let judged = watched.filter { $0.p != nil }
  guard !judged.isEmpty else {
    return ["no sentinel (\(policy.sentinels.joined(separator: ", "))) could be judged"]
  }
  return judged.compactMap { metric in
    guard let p = metric.p, let change = metric.change, let threshold = metric.threshold,
      p <= policy.alpha / Double(judged.count), abs(log1p(change)) >= log1p(threshold)
    else { return nil }
    return "sentinel \(metric.id.text) \(metric.statistic.text) moved by \(percent(change)): "
      + "the bench changed between the arms, not only the firmware"
  }
}

private func overheadProblems(
  _ runs: [PlacedRun], _ policy: VerdictPolicy
) -> (failures: [String], doubts: [String]) {
  let budget = OverheadBudget(
    cpuShare: policy.maximumCPUShare, slowdown: policy.maximumSlowdown)
  var found: (failures: [String], doubts: [String]) = ([], [])
  for run in runs {
    guard let overhead = run.index.record.overhead else { continue }
    switch budget.standing(of: overhead) {
    case .within: continue
    case .over(let text):
      found.failures.append("run \(run.index.record.id) is invalid: \(text)")
    case .unclear(let text): found.doubts.append("run \(run.index.record.id): \(text)")
    }
  }
  return found
}

/// Arms that lost different shares of their iterations: the rest of the hotter, or the slower,
/// arm is its better part.
private func dropImbalance(_ runs: [PlacedRun], _ policy: VerdictPolicy) -> String? {
  func arm(_ isCandidate: Bool) -> (share: Double, causes: String) {
    let arm = runs.filter { $0.isCandidate == isCandidate }
    let measured = arm.reduce(0) { $0 + $1.index.measured }
    let dropped = arm.flatMap { $0.index.record.iterations }
      .filter { $0.kind == .measured && !$0.isJudged }
    // Records of older versions know the reason in words only.
    let counts = Dictionary(grouping: dropped.compactMap(\.dropCause), by: \.rawValue)
      .mapValues(\.count).sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    let causes = counts.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    return (
      measured > 0 ? Double(dropped.count) / Double(measured) : 0,
      causes.isEmpty ? "" : " (\(causes))"
    )
  }
  let (reference, candidate) = (arm(false), arm(true))
  guard abs(reference.share - candidate.share) > policy.dropImbalance else { return nil }
  return "iterations dropped: \(percent(reference.share)) of the reference\(reference.causes), "
    + "\(percent(candidate.share)) of the candidate\(candidate.causes); what is left cannot be "
    + "compared"
}

extension VerdictCounts {
  /// Counts outcomes.
  init(_ metrics: [MetricVerdict]) {
    self.init()
    for metric in metrics {
      switch metric.outcome {
      case .regression: regression += 1
      case .improvement: improvement += 1
      case .noChange: noChange += 1
      case .inconclusive: inconclusive += 1
      case .probeLost: probeLost += 1
      case .invalid: invalid += 1
      case .notMeasurable: notMeasurable += 1
      }
    }
  }
}
