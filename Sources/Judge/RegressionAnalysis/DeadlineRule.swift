import LatencyHistograms
import RunRecords

/// Holds operations against the fixed limits of a policy.
///
/// A limit is absolute: the candidate's runs alone decide, and the reference shows whether it was the
/// same before. Where none may exceed it, one that did is a miss, and its number says nothing that
/// would need a test. Where a share may, the run is the unit: it is missed when the lower end of the
/// share's interval over runs is above, and met when the upper end is not. What is not known counts
/// for a miss as within the limit, and for meeting it as beyond.
struct DeadlineRule {
  let runs: [PlacedRun]
  let policy: VerdictPolicy
  let waivers: [MetricWaiver]

  /// - Parameter metrics: verdicts of all metrics.
  /// - Returns: one finding for each metric that a deadline matches; in the order of deadlines and
  ///   metrics.
  func findings(_ metrics: [MetricVerdict]) -> [DeadlineFinding] {
    var ids: [MetricID] = []
    // Scalars have one statistic.
    for metric in metrics where metric.statistic.base != .value && ids.last != metric.id {
      ids.append(metric.id)
    }
    return findings(of: ids, metrics)
  }

  /// - Parameters:
  ///   - ids: of histograms.
  ///   - metrics: their verdicts; none of runs that are not compared.
  /// - Returns: as ``findings(_:)``.
  func findings(of ids: [MetricID], _ metrics: [MetricVerdict]) -> [DeadlineFinding] {
    policy.deadlines.flatMap { deadline -> [DeadlineFinding] in
      let found = ids.filter(deadline.matches).compactMap { id in
        finding(id, deadline, metrics.filter { $0.id == id })
      }
      return found.isEmpty ? [unmeasured(deadline)] : found
    }
  }

  private func unmeasured(_ deadline: MetricDeadline) -> DeadlineFinding {
    DeadlineFinding(
      deadline: deadline, state: .unmeasured, unknown: 0,
      reason: "no operation of it was measured")
  }

  /// Nil where neither arm has operations worth the name.
  private func finding(
    _ id: MetricID, _ deadline: MetricDeadline, _ rows: [MetricVerdict]
  ) -> DeadlineFinding? {
    let candidate = counts(id, deadline.limit, ofCandidate: true)
    let reference = counts(id, deadline.limit, ofCandidate: false)
    guard let arm = arm(candidate) else { return silent(id, deadline, rows, reference) }
    let difference = ShareDifference(
      reference: reference.map(\.asMost), candidate: candidate.map(\.asMost),
      level: policy.intervalLevel)
    var finding = DeadlineFinding(
      id: id, deadline: deadline, state: .open, candidate: arm, reference: self.arm(reference),
      difference: difference.map {
        ChangeInterval(low: rounded($0.interval.low), high: rounded($0.interval.high))
      }, p: published(difference?.p), unknown: unknown(id), isWaived: isWaived(id))
    finding.stack = deadline.stacks.flatMap { metric in
      WorstStack(metric, of: id, in: runs.filter(\.isCandidate).map(\.index.record))
    }
    if let fault = fault(of: rows) {
      finding.state = .unmeasured
      finding.reason = fault
    } else {
      finding.state = state(candidate, deadline.allowed, unknown: finding.unknown)
    }
    return finding
  }

  /// A metric of the reference that the candidate has no operation of: what it was to keep a limit of
  /// may hang, and nothing is known of it. Stray operations of few runs are no part of the workload.
  private func silent(
    _ id: MetricID, _ deadline: MetricDeadline, _ rows: [MetricVerdict], _ reference: [RunCount]
  ) -> DeadlineFinding? {
    let usual = median(reference.map { Double($0.operations) }) ?? 0
    guard usual >= MeasuredCoverage.rareBelow,
      reference.count == runs.count(where: { !$0.isCandidate })
    else { return nil }
    return DeadlineFinding(
      id: id, deadline: deadline, state: .unmeasured, reference: arm(reference),
      unknown: unknown(id), isWaived: isWaived(id),
      reason: fault(of: rows)
        ?? "the candidate has no operation of it, every run of the reference has")
  }

  private func isWaived(_ id: MetricID) -> Bool {
    waivers.contains { !$0.isExpired && glob($0.pattern, matches: id.text) }
  }

  /// Why a metric's numbers cannot be trusted; nil where they can.
  private func fault(of rows: [MetricVerdict]) -> String? {
    rows.first { $0.outcome == .invalid || $0.outcome == .probeLost }
      .map { $0.reason ?? $0.outcome.rawValue }
  }

  private func state(
    _ runs: [RunCount], _ allowed: Double, unknown: UInt64
  ) -> DeadlineFinding.State {
    let least = runs.reduce(0) { $0 + $1.least }
    let most = runs.reduce(0) { $0 + $1.most }
    guard allowed > 0 else {
      return least > 0 ? .missed : most > 0 || unknown > 0 ? .open : .met
    }
    // The level is shared among the deadlines; a miss is final, so it has to be surer than a budget.
    let sure = 1 - policy.alpha / Double(max(1, policy.deadlines.count))
    if BinomialInterval.overRuns(runs.map(\.asLeast), level: sure).low > allowed { return .missed }
    // Lost operations are spread over the runs, as it is not known whose they are.
    let share = Double(unknown) / Double(runs.count)
    let worst = runs.map { run in
      (hits: Double(run.most) + share, trials: Double(run.operations) + share)
    }
    let high = BinomialInterval.overRuns(worst, level: policy.intervalLevel).high
    return high <= allowed ? .met : .open
  }

  // MARK: Counts

  private struct RunCount {
    var operations: UInt64 = 0
    var least: UInt64 = 0
    var most: UInt64 = 0
    var worst: UInt64 = 0

    var asLeast: (hits: Double, trials: Double) { (Double(least), Double(operations)) }
    var asMost: (hits: Double, trials: Double) { (Double(most), Double(operations)) }
  }

  /// Of every run that has operations.
  private func counts(_ id: MetricID, _ limit: UInt64, ofCandidate isCandidate: Bool) -> [RunCount]
  {
    let key = SeriesKey(
      name: id.name, phase: id.phase, labels: id.labels, unit: id.unit, isScalar: false)
    return runs.filter { $0.isCandidate == isCandidate }.compactMap { run -> RunCount? in
      // Broken buckets make the metric invalid, which its rows say.
      guard let histograms = try? run.index.iterationHistograms(key) else { return nil }
      var count = RunCount()
      for histogram in histograms {
        let above = histogram.above(limit)
        count.operations += histogram.count
        count.least += above.least
        count.most += above.most
        count.worst = max(count.worst, histogram.max)
      }
      return count.operations > 0 ? count : nil
    }
  }

  private func arm(_ runs: [RunCount]) -> DeadlineFinding.Arm? {
    guard !runs.isEmpty else { return nil }
    let operations = runs.reduce(0) { $0 + $1.operations }
    let (least, most) = (runs.reduce(0) { $0 + $1.least }, runs.reduce(0) { $0 + $1.most })
    let level = policy.intervalLevel
    func exact(_ hits: UInt64) -> ChangeInterval {
      BinomialInterval.exact(hits: Double(hits), trials: Double(operations), level: level)
    }
    return DeadlineFinding.Arm(
      runs: runs.count, operations: operations, least: least, most: most,
      exact: ChangeInterval(low: rounded(exact(least).low), high: rounded(exact(most).high)),
      overRuns: ChangeInterval(
        low: rounded(BinomialInterval.overRuns(runs.map(\.asLeast), level: level).low),
        high: rounded(BinomialInterval.overRuns(runs.map(\.asMost), level: level).high)),
      worst: runs.map(\.worst).max() ?? 0)
  }

  /// Operations of the candidate, all labels of the metric together, whose duration is not known.
  private func unknown(_ id: MetricID) -> UInt64 {
    let source = RunIndex.Source(metric: id.name, phase: id.phase)
    return runs.filter(\.isCandidate).compactMap { $0.index.losses[source] }
      .flatMap { [$0.lost, $0.censored] }
      .reduce(0) { total, next in
        let (sum, overflow) = total.addingReportingOverflow(next)
        return overflow ? .max : sum
      }
  }
}

/// What one run shows of fixed limits; that firmware keeps them takes several.
/// - Parameters:
///   - record: the run.
///   - deadlines: the limits.
/// - Returns: one finding for each metric of the run that a deadline matches.
package func deadlineFindings(
  of record: RunRecord, _ deadlines: [MetricDeadline]
) -> [DeadlineFinding] {
  let run = PlacedRun(index: RunIndex(record), isCandidate: true)
  let ids = run.index.histograms.keys.map {
    MetricID(name: $0.name, phase: $0.phase, labels: $0.labels, unit: $0.unit)
  }
  return DeadlineRule(runs: [run], policy: VerdictPolicy(deadlines: deadlines), waivers: [])
    .findings(of: ids.sorted(), [])
}
