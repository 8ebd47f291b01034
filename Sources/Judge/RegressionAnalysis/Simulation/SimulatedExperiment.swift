import Foundation
import RunRecords

/// What became of one simulated experiment.
package struct SimulatedOutcome: Sendable {
  /// At the look that ended it.
  package var outcome: Verdict.Outcome
  package var metrics: [MetricVerdict]
  /// Per arm.
  package var runs: Int
  package var comparisons: Int
}

/// One experiment on a simulated bench, made as `latgate check` makes it: boots in the order ABBA, a
/// look after each pair, the end as soon as the verdict is settled.
package struct SimulatedExperiment {
  private let plan: SimulationPlan
  private var bench: SimulatedBench { plan.bench }
  private var levels: SimulatedLevels
  private var order = 0

  package init(_ plan: SimulationPlan, number: Int) {
    self.plan = plan
    levels = SimulatedLevels(
      bench: plan.bench, effect: plan.effect,
      random: SimulationRandom(
        seed: plan.seed, stream: UInt64(number)))
  }

  /// Runs the experiment to its end.
  package mutating func outcome() throws(VerdictError) -> SimulatedOutcome {
    plan.makesRecords ? try recordsOutcome() : valuesOutcome()
  }

  // MARK: Records

  private mutating func recordsOutcome() throws(VerdictError) -> SimulatedOutcome {
    var input = VerdictInput(reference: [], candidate: [], profile: profile())
    while true {
      add(pairs: 1, to: &input)
      let runs = input.candidate.count
      guard runs >= min(plan.runs, LookLevels.firstLook) else { continue }
      let verdict = try judge(input)
      if ends(verdict.outcome, verdict.continuation, runs: runs) {
        return SimulatedOutcome(
          outcome: verdict.outcome, metrics: verdict.metrics, runs: runs,
          comparisons: verdict.comparisons)
      }
    }
  }

  /// The planned runs, as records.
  package mutating func records() -> VerdictInput {
    var input = VerdictInput(reference: [], candidate: [], profile: profile())
    add(pairs: plan.runs, to: &input)
    return input
  }

  private mutating func add(pairs: Int, to input: inout VerdictInput) {
    for _ in 0..<2 * pairs {
      let isCandidate = Self.isCandidate(order)
      let record = record(levels.nextBoot(isCandidate: isCandidate), isCandidate: isCandidate)
      if isCandidate { input.candidate.append(record) } else { input.reference.append(record) }
      order += 1
    }
  }

  // MARK: Values alone

  /// What records would give to judge, without their histograms: every series with its values.
  private mutating func valuesOutcome() -> SimulatedOutcome {
    let drawn = Self.series(bench)
    var series = drawn.map(\.series)
    var policy = VerdictPolicy()
    if bench.asksMedians { policy.quantiles.removeAll { $0.probability > 0.5 } }
    let profile = profile()
    var placed: [PlacedRun] = []
    while true {
      for _ in 0..<2 {
        let isCandidate = Self.isCandidate(order)
        let passes = levels.nextBoot(isCandidate: isCandidate)
        placed.append(.placeholder(order: order, isCandidate: isCandidate))
        for (index, one) in drawn.enumerated() {
          let values = passes.map { $0[one.position] }
          series[index].values.append(
            one.series.statistic.isWorst ? values.max() : huberLocation(values))
        }
        order += 1
      }
      let runs = placed.count / 2
      guard runs >= min(plan.runs, LookLevels.firstLook) else { continue }
      let rule = SequentialRule(
        series: series, runs: placed, policy: policy, profile: profile, grade: .interleaved,
        describes: false)
      let outcome: Verdict.Outcome =
        rule.metrics.contains { $0.outcome == .regression }
        ? .regression : rule.metrics.contains(where: \.blocking) ? .inconclusive : .pass
      let continuation: Continuation =
        outcome == .regression ? .settled : Continuation(rule.metrics, runs: runs)
      if ends(outcome, continuation, runs: runs) {
        return SimulatedOutcome(
          outcome: outcome, metrics: rule.metrics, runs: runs, comparisons: rule.comparisons)
      }
    }
  }

  /// What is judged of every metric, and where in ``SimulatedLevels`` its values stand.
  private static func series(_ bench: SimulatedBench) -> [(position: Int, series: Series)] {
    let hasWorst = bench.iterations >= SeriesBuilder.leastForWorst
    return (0..<bench.metrics).flatMap { metric -> [(position: Int, series: Series)] in
      let id = MetricID(name: "simulated.m\(metric)", phase: "load")
      let first = metric * SimulatedBench.probabilities.count
      let quantiles = QuantileThreshold.standard.enumerated()
        .filter { $0.offset == 0 || !bench.asksMedians }
        .map { offset, quantile in
          let series = Series(
            id: id, statistic: .quantile(quantile.probability), threshold: quantile.threshold)
          return (position: first + offset, series: series)
        }
      let worst = (hasWorst ? quantiles : []).map { one in
        var series = one.series
        series.statistic = .worst(series.statistic)
        return (position: one.position, series: series)
      }
      guard bench.asksMedians else { return quantiles + worst }
      let mean = Series(id: id, statistic: .mean, threshold: VerdictPolicy().valueThreshold)
      return quantiles + worst + [(position: first + 1, series: mean)]
    }
  }

  private func ends(
    _ outcome: Verdict.Outcome, _ continuation: Continuation, runs: Int
  ) -> Bool {
    if plan.neverStops {
      return outcome == .regression || runs >= max(plan.runs, plan.mostRuns)
    }
    return !continuation.goesOn(runs: runs, planned: plan.runs, most: plan.mostRuns)
  }

  /// The noise that experiments on this bench would have taught, divided by the factor.
  private func profile() -> NoiseProfile? {
    guard let profileFactor = plan.profileFactor else { return nil }
    let boot = bench.bootDeviation * bench.bootDeviation
    let iteration = bench.iterationDeviation * bench.iterationDeviation / Double(bench.iterations)
    let believed = (boot * learntShare + iteration) / (profileFactor * profileFactor)
    let count = SimulatedBench.probabilities.count
    return NoiseProfile(
      entries: levels.deviationFactors.enumerated().map { position, factor in
        NoiseEntry(
          metric: SimulatedBench.metricText(position / count),
          statistic: .quantile(SimulatedBench.probabilities[position % count]),
          variance: factor * factor * believed, degreesOfFreedom: NoiseProfile.maximumDegrees)
      })
  }

  /// Share of the variance between boots that is left beside arm and trend: boots that resemble
  /// their neighbours differ less within an experiment than over the years.
  private var learntShare: Double {
    let count = 2 * plan.runs
    let centre = Double(count - 1) / 2
    let rows = (0..<count).map { run in
      [1, Self.isCandidate(run) ? 1.0 : 0] + (plan.runs >= 4 ? [Double(run) - centre] : [])
    }
    guard let model = LinearModel(rows: rows), count > rows[0].count else { return 1 }
    var sum = 0.0
    for run in 0..<count {
      let unit = (0..<count).map { $0 == run ? 1.0 : 0 }
      for (other, left) in model.fit(unit, column: 1).residuals.enumerated() {
        sum += left * pow(bench.carryOver, Double(abs(run - other)))
      }
    }
    return sum / Double(count - rows[0].count)
  }

  /// ABBA.
  private static func isCandidate(_ position: Int) -> Bool { [1, 2].contains(position % 4) }

  private func record(
    _ passes: [[Double]], isCandidate: Bool
  ) -> RunRecord {
    let name = isCandidate ? "candidate" : "reference"
    let id = "simulated-\(order)"
    let iterations = passes.enumerated().map { index, quantiles in
      let histograms = (0..<bench.metrics).map { metric in
        let count = SimulatedBench.probabilities.count
        return SimulatedHistogram.record(
          metric: "simulated.m\(metric)",
          quantiles: Array(quantiles[metric * count..<(metric + 1) * count]),
          events: isCandidate
            ? Int((Double(bench.events) * (1 + plan.effect.rate)).rounded()) : bench.events)
      }
      return IterationRecord(
        index: index, kind: .measured, startedUptimeNs: UInt64(index) * 1_000_000_000,
        phases: [
          PhaseRecord(name: "load", durationNs: 1_000_000_000, drainNs: 0, histograms: histograms)
        ])
    }
    return RunRecord(
      id: id, created: Date(timeIntervalSince1970: 60 * Double(order)), toolVersion: "simulated",
      experiment: ExperimentPlace(
        id: "simulated", arm: isCandidate ? .candidate : .reference, order: order),
      target: "simulated",
      device: DeviceFacts(
        name: "simulated", serial: "simulated", model: "simulated", transport: "virtual",
        abi: "arm64"),
      firmware: FirmwareIdentity(
        name: name, id: name, fingerprint: name, kernelRelease: "simulated", kernelBuildID: ""),
      boot: BootFacts(bootID: id, uptimeSeconds: 60), suite: "simulated", workload: "load",
      probes: [ProbeRecord(name: "simulated", status: .loaded, hooks: [])], iterations: iterations)
  }
}
