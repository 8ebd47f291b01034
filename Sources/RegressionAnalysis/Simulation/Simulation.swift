/// Many experiments of one kind.
package struct SimulationPlan: Codable, Sendable, Equatable {
  package var bench: SimulatedBench
  package var effect: SimulatedEffect
  /// Runs per arm of the screen, and fresh ones that must confirm.
  package var runs: Int
  package var confirmRuns: Int
  /// Independent ones; at least 1.
  package var experiments: Int
  package var seed: UInt64
  /// The verdict gets a noise profile that believes the bench this many times quieter (in
  /// standard deviations) than it is; nil = no profile.
  package var profileFactor: Double?

  package init(
    bench: SimulatedBench, effect: SimulatedEffect = SimulatedEffect(), runs: Int = 4,
    confirmRuns: Int = 4, experiments: Int = 1000, seed: UInt64 = 1, profileFactor: Double? = nil
  ) {
    self.bench = bench
    self.effect = effect
    self.runs = runs
    self.confirmRuns = confirmRuns
    self.experiments = experiments
    self.seed = seed
    self.profileFactor = profileFactor
  }

  /// Runs all experiments, one after another. `progress` is called with the number of those done;
  /// what it throws ends the simulation.
  package func run(progress: (Int) throws -> Void = { _ in }) throws -> SimulationResult {
    var tally = SimulationTally()
    for number in 0..<experiments {
      var experiment = SimulatedExperiment(self, number: number)
      tally.count(try experiment.verdict(), effect)
      try progress(number + 1)
    }
    return SimulationResult(plan: self, tally)
  }
}

/// How often the experiments of a plan ended how.
package struct SimulationResult: Codable, Sendable, Equatable {
  package var schema = "latgate.simulation/1"
  package var plan: SimulationPlan
  /// Statistics judged in an experiment.
  package var comparisons: Int
  /// Experiments that called a build slower: false alarms where nothing was changed.
  package var regression: Proportion
  /// Experiments that found some statistic faster, for better or worse.
  package var improvement: Proportion
  package var pass: Proportion
  package var inconclusive: Proportion
  /// Experiments that called the changed statistic itself a regression; nil without a change.
  package var found: Proportion?
  /// Experiments that called a statistic a regression that had not changed.
  package var misnamed: Proportion
  /// Experiments that made fresh runs.
  package var confirmed: Proportion

  fileprivate init(plan: SimulationPlan, _ tally: SimulationTally) {
    let trials = plan.experiments
    self.plan = plan
    comparisons = tally.comparisons
    regression = Proportion(tally.regression, of: trials)
    improvement = Proportion(tally.improvement, of: trials)
    pass = Proportion(tally.pass, of: trials)
    inconclusive = Proportion(tally.inconclusive, of: trials)
    found = plan.effect.shift == 0 ? nil : Proportion(tally.found, of: trials)
    misnamed = Proportion(tally.misnamed, of: trials)
    confirmed = Proportion(tally.confirmed, of: trials)
  }
}

private struct SimulationTally {
  var comparisons = 0
  var regression = 0
  var improvement = 0
  var pass = 0
  var inconclusive = 0
  var found = 0
  var misnamed = 0
  var confirmed = 0

  mutating func count(_ verdict: Verdict, _ effect: SimulatedEffect) {
    comparisons = max(comparisons, verdict.comparisons)
    switch verdict.outcome {
    case .regression: regression += 1
    case .pass: pass += 1
    case .inconclusive: inconclusive += 1
    case .failed: break
    }
    if verdict.counts.improvement > 0 { improvement += 1 }
    if verdict.confirmed { confirmed += 1 }
    let changed = Set((0..<effect.metrics).map { SimulatedBench.metricText($0) })
    let slower = verdict.metrics.filter { $0.outcome == .regression }
    let own = effect.part == .p50 ? 0 : 2
    let target = Statistic.quantile(SimulatedBench.probabilities[own])
    if slower.contains(where: { changed.contains($0.id.text) && $0.statistic == target }) {
      found += 1
    }
    let isNamedWrongly = slower.contains { metric in
      let moved = effect.shift != 0 && changed.contains(metric.id.text)
      return !moved || (effect.part == .p99 && metric.statistic != target)
    }
    if isNamedWrongly { misnamed += 1 }
  }
}
