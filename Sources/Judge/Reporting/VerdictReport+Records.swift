import RunRecords

extension VerdictReport {
  /// Completes findings with the facts of the runs they were made from: arms, probes, losses,
  /// overhead, and the distributions of what moved.
  ///
  /// - Parameters:
  ///   - outcome: the answer as a whole.
  ///   - exitCode: of the command that shows the report.
  ///   - grade: how good the evidence is.
  ///   - confidence: share of experiments whose intervals all hold.
  ///   - rows: the findings, ordered by metric and statistic.
  ///   - reference: the runs of the reference.
  ///   - candidate: the runs of the candidate.
  ///   - reasons: reasons of the data or the bench.
  ///   - bins: rows of a distribution at most.
  package init(
    outcome: Outcome, exitCode: Int32, grade: String, confidence: Double, rows: [Row],
    reference: [RunRecord], candidate: [RunRecord], reasons: [String], bins: Int = 16
  ) {
    let any = reference.first ?? candidate.first
    self.init(
      outcome: outcome, exitCode: exitCode, grade: grade, suite: any?.suite ?? "",
      target: any?.target ?? "", reference: Arm(reference), candidate: Arm(candidate),
      confidence: confidence, rows: rows,
      distributions: Self.distributions(rows, reference, candidate, bins),
      probes: Self.probes(reference, candidate), losses: Self.losses(reference, candidate),
      overhead: Overhead(reference, candidate), reasons: reasons, next: [])
    rates = Self.countedRates(reference, candidate)
    next = advice()
  }

  private static func distributions(
    _ rows: [Row], _ reference: [RunRecord], _ candidate: [RunRecord], _ bins: Int
  ) -> [Distribution] {
    // The largest change of each metric decides what is shown first.
    var moved: [String: Double] = [:]
    for row in rows where row.finding.isMove {
      let weight = abs(row.change ?? 0) + (row.isGating ? 1e6 : 0)
      moved[row.metric] = max(moved[row.metric] ?? 0, weight)
    }
    let old = byText(pooledHistograms(reference))
    let new = byText(pooledHistograms(candidate))
    return moved.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.compactMap { metric, _ in
      guard let old = old[metric], let new = new[metric] else { return nil }
      return Distribution(metric: metric, reference: old, candidate: new, limit: bins)
    }
  }

  private static func byText<Value>(_ values: [MetricID: Value]) -> [String: Value] {
    Dictionary(values.sorted { $0.key < $1.key }.map { ($0.key.text, $0.value) }) { first, _ in
      first
    }
  }

  private static func probes(_ reference: [RunRecord], _ candidate: [RunRecord]) -> [Probe] {
    func states(_ records: [RunRecord]) -> [String: String] {
      var states: [String: Set<String>] = [:]
      for probe in records.flatMap(\.probes) {
        states[probe.name, default: []].insert(probe.state)
      }
      return states.mapValues { $0.sorted().joined(separator: " or ") }
    }
    let old = states(reference)
    let new = states(candidate)
    return Set(old.keys).union(new.keys).sorted().map {
      Probe(name: $0, reference: old[$0] ?? "absent", candidate: new[$0] ?? "absent")
    }
  }

  private static func losses(_ reference: [RunRecord], _ candidate: [RunRecord]) -> [Loss] {
    let old = LossRecord.shares(reference)
    let new = LossRecord.shares(candidate)
    return Set(old.keys).union(new.keys).sorted().map {
      Loss(metric: $0, reference: old[$0] ?? 0, candidate: new[$0] ?? 0)
    }
  }

  /// What follows from the findings, most useful first.
  private func advice() -> [String] {
    var next: [String] = []
    let lost = probes.filter { $0.reference != $0.candidate }
    for probe in lost {
      next.append(
        "find out why probe \(probe.name) is \(probe.candidate) on \(candidate.name) and"
          + " \(probe.reference) on \(reference.name); 'latgate doctor' names the missing hook")
    }
    let bad = rows.filter { $0.finding == .regression && $0.isGating && !$0.isWaived }
    var phases: [String: Set<String>] = [:]
    for row in bad {
      let parts = row.metric.split(separator: "@", maxSplits: 1)
      let name = parts[0].prefix { $0 != "{" }
      phases[parts.count > 1 ? String(parts[1]) : "", default: []].insert(String(name))
    }
    for (phase, metrics) in phases.sorted(by: { $0.key < $1.key }) {
      let place = phase.isEmpty ? "" : " in phase \(phase)"
      next.append("look into \(metrics.sorted().joined(separator: ", "))\(place)")
    }
    let open = rows.filter { $0.finding == .inconclusive && $0.isBlocking }
    if outcome == .inconclusive, let runs = open.compactMap(\.runsNeeded).max() {
      next.append(
        "measure \(counted(runs, "more run")) per arm; the table says which row needs them")
    }
    if outcome == .inconclusive, open.contains(where: { !$0.canBeDecided }) {
      next.append(
        "make the bench quieter, or raise the budgets that are below what it detects: more runs "
          + "do not decide what is too noisy")
    }
    if outcome == .inconclusive { next += heldBack }
    return next
  }
}

extension VerdictReport {
  /// What to do about statistics that hold a pass back although they are called neither slower nor
  /// inconclusive.
  private var heldBack: [String] {
    func names(_ rows: [Row]) -> String {
      let more = rows.count > 2 ? " and \(rows.count - 2) more" : ""
      return rows.prefix(2).map { "\($0.metric) \($0.statistic)" }.joined(separator: ", ") + more
    }
    let held = rows.filter { $0.isBlocking && !$0.isWaived }
    let tight = held.filter { $0.finding == .noChange }
    let absent = held.filter { $0.finding == .notMeasurable }
    var steps: [String] = []
    if !tight.isEmpty {
      steps.append(
        "make more runs, or raise the budget of \(names(tight)): it is smaller than a change that the "
          + "suite takes seriously")
    }
    if let first = absent.first {
      let why = first.note.isEmpty ? "" : ": \(first.note)"
      steps.append("let the candidate be measured by \(names(absent)) as the reference is\(why)")
    }
    return steps
  }
}

extension ProbeRecord {
  /// How it is attached, or why it is not: `tp_btf`, `T0 ftrace`, `unsupported`.
  fileprivate var state: String {
    guard status == .loaded else { return status.rawValue }
    guard let tier, tier != .t2 else { return rung }
    return "\(tier.rawValue) \(rung)"
  }
}

extension LossRecord {
  /// Share of lost operations per metric over all judged iterations, 0...1.
  static func shares(_ records: [RunRecord]) -> [String: Double] {
    var sums: [String: (lost: Double, seen: Double)] = [:]
    let phases = records.flatMap(\.iterations).filter(\.isJudged).flatMap(\.phases)
    for loss in phases.flatMap(\.losses) {
      let old = sums[loss.metric] ?? (0, 0)
      let lost = Double(loss.lost)
      sums[loss.metric] = (old.lost + lost, old.seen + lost + Double(loss.recorded))
    }
    return sums.mapValues { $0.seen > 0 ? $0.lost / $0.seen : 0 }
  }
}

extension VerdictReport.Arm {
  fileprivate init(_ records: [RunRecord]) {
    let iterations = records.flatMap(\.iterations).filter { $0.kind == .measured }
    let builds = Set(records.map(\.firmware.id))
    // A baseline is many builds; each has a name of its own.
    let firmware = builds.count == 1 ? records.first?.firmware : nil
    // A virtual firmware is another build on a device of another file.
    let names = Set(records.map(\.firmware.name))
    let several = builds.isEmpty ? "" : "\(builds.count) stored builds"
    let name = firmware?.name ?? (names.count == 1 ? names.first ?? "" : several)
    self.init(
      name: name,
      build: firmware?.id ?? "",
      kernelRelease: firmware?.kernelRelease ?? "several", runs: records.count,
      iterations: iterations.count(where: \.isJudged),
      dropped: iterations.count { !$0.isJudged },
      dropCauses: Dictionary(grouping: iterations.compactMap(\.dropCause), by: \.rawValue)
        .mapValues(\.count),
      covariates: CovariateSummary.all(records))
  }
}

extension VerdictReport.Overhead {
  fileprivate init(_ reference: [RunRecord], _ candidate: [RunRecord]) {
    // The worst run counts: a budget holds for each.
    func worst(_ records: [RunRecord], _ value: (OverheadRecord) -> Double?) -> Double? {
      records.compactMap(\.overhead).compactMap(value).max()
    }
    func interval(_ records: [RunRecord]) -> Interval? {
      let slowest = records.compactMap(\.overhead)
        .max { ($0.slowdown ?? -.infinity) < ($1.slowdown ?? -.infinity) }
      return slowest?.slowdownInterval.map { Interval(lower: $0.low, upper: $0.high) }
    }
    self.init(
      referenceCPU: worst(reference, \.cpuShare), candidateCPU: worst(candidate, \.cpuShare),
      referenceSlowdown: worst(reference, \.slowdown),
      candidateSlowdown: worst(candidate, \.slowdown), referenceInterval: interval(reference),
      candidateInterval: interval(candidate))
  }
}
