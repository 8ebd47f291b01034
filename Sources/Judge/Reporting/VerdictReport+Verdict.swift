import RegressionAnalysis
import RunRecords

extension VerdictReport {
  /// The report of a verdict and the runs it was made from; `titles` of metrics by their names are
  /// those of the probes' manifests.
  package init(_ verdict: Verdict, of input: VerdictInput, titles: [String: String] = [:]) {
    self.init(
      outcome: Outcome(verdict.outcome), exitCode: verdict.exitCode,
      grade: verdict.grade.rawValue, confidence: input.policy.intervalLevel,
      rows: verdict.metrics.map(Row.init), reference: input.reference,
      candidate: input.candidate, reasons: verdict.reasons)
    cause = verdict.cause
    owner = verdict.owner?.rawValue
    failure = verdict.failure?.rawValue
    shapes = verdict.metrics.compactMap(Shape.init)
    deadlines = verdict.deadlines?.map(Deadline.init)
    conditions = verdict.conditions.map {
      Condition(
        covariate: $0.covariate, kind: $0.kind.rawValue, reference: $0.reference,
        candidate: $0.candidate, spread: $0.spread, text: $0.text)
    }
    facts = Self.facts(input.reference, input.candidate)
    movements = Self.movements(verdict, of: input)
    timelines = Self.timelines(input)
    let profiles = Self.profiles(input)
    self.profiles = profiles.isEmpty ? nil : profiles
    let names = MetricTitle(titles: titles)
    for id in Set(verdict.metrics.map(\.id)) { self.titles[id.text] = names.text(id) }
    let gains = Self.higherIsBetter(input)
    for index in rows.indices where gains.contains(verdict.metrics[index].id.name) {
      rows[index].isHigherBetter = true
    }
    for finding in verdict.probes {
      for index in probes.indices where probes[index].name == finding.probe {
        probes[index].reason = finding.reason
      }
    }
    if let remedy = verdict.failure.flatMap(remedy) { next.insert(remedy, at: 0) }
    // A shape that runs agree on needs no more of them to be looked into.
    if verdict.continuation != .settled, verdict.outcome == .inconclusive, leadShape == nil,
      !isExplainedByTheBench,
      rows.contains(where: { $0.finding == .inconclusive && $0.isBlocking && $0.canBeDecided })
    {
      next.insert("make more runs of both firmwares; until then nothing is proven", at: 0)
    }
  }
}

extension VerdictReport {
  /// Names of the workload's own numbers of which more is better.
  private static func higherIsBetter(_ input: VerdictInput) -> Set<String> {
    let phases = (input.reference + input.candidate).flatMap(\.iterations).flatMap(\.phases)
    return Set(phases.flatMap(\.scalars).filter { $0.better == .higher }.map(\.metric))
  }
}

extension VerdictReport.Outcome {
  fileprivate init(_ outcome: Verdict.Outcome) {
    switch outcome {
    case .pass: self = .pass
    case .regression: self = .regression
    case .inconclusive: self = .inconclusive
    case .failed: self = .invalid
    }
  }
}

extension VerdictReport.Finding {
  fileprivate init(_ outcome: MetricVerdict.Outcome) {
    switch outcome {
    case .regression: self = .regression
    case .improvement: self = .improvement
    case .noChange: self = .noChange
    case .inconclusive: self = .inconclusive
    case .probeLost: self = .probeLost
    case .invalid: self = .invalid
    case .notMeasurable: self = .notMeasurable
    }
  }
}

extension VerdictReport.Row {
  fileprivate init(_ verdict: MetricVerdict) {
    let counts = verdict.statistic.isCount
    var notes = [verdict.reason].compactMap(\.self)
    if verdict.outcome == .inconclusive, !verdict.unreachable, let runs = verdict.runsNeeded {
      notes.append("needs \(counted(runs, "more run")) per arm")
    }
    if let waiver = verdict.waiver {
      notes.append(
        waiver.isExpired
          ? "the waiver \(waiver.id) of it expired on \(waiver.until): \(waiver.reason)"
          : "waived until \(waiver.until): \(waiver.reason)")
    }
    self.init(
      metric: verdict.id.text, unit: counts ? "events" : verdict.id.unit,
      statistic: verdict.statistic.text, reference: verdict.referenceValue,
      candidate: verdict.candidateValue, change: verdict.change, lower: verdict.interval?.low,
      upper: verdict.interval?.high, detectable: verdict.mde80, budget: verdict.budget,
      finding: .init(verdict.outcome), isGating: verdict.gating, isBlocking: verdict.blocking,
      runsNeeded: verdict.runsNeeded, note: notes.joined(separator: "; "))
    isWaived = verdict.isWaived
  }
}
