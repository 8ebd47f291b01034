/// Many experiments of one kind.
package struct SimulationPlan: Codable, Sendable, Equatable {
  package var bench: SimulatedBench
  package var effect: SimulatedEffect
  /// Runs per arm that are planned, and made at most where something is left open.
  package var runs: Int
  package var mostRuns: Int
  /// Independent ones; at least 1.
  package var experiments: Int
  package var seed: UInt64
  /// The verdict gets a noise profile that believes the bench this many times quieter (in
  /// standard deviations) than it is; nil = no profile.
  package var profileFactor: Double?
  /// Whether every experiment continues to the most runs unless it finds something: what a user who
  /// never stops looking would see.
  package var neverStops = false
  /// Whether records with histograms are made and judged whole; else the values of runs alone, by
  /// the same rule, which takes a hundredth of the time.
  package var makesRecords = false

  package init(
    bench: SimulatedBench, effect: SimulatedEffect = SimulatedEffect(), runs: Int = 8,
    mostRuns: Int = 20, experiments: Int = 1000, seed: UInt64 = 1, profileFactor: Double? = nil
  ) {
    self.bench = bench
    self.effect = effect
    self.runs = runs
    self.mostRuns = mostRuns
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
      tally.count(try experiment.outcome(), effect)
      try progress(number + 1)
    }
    return SimulationResult(plan: self, tally)
  }
}

/// How often the experiments of a plan ended how.
package struct SimulationResult: Codable, Sendable, Equatable {
  package var schema = "latgate.simulation/2"
  package var plan: SimulationPlan
  /// Gating statistics that share a level, of the largest experiment.
  package var comparisons: Int
  /// Experiments that called a build slower: false alarms where nothing was changed.
  package var regression: Proportion
  /// Experiments that found some statistic faster, for better or worse.
  package var improvement: Proportion
  package var pass: Proportion
  package var inconclusive: Proportion
  /// Experiments that called what is defect a regression; nil without a defect.
  package var found: Proportion?
  /// Experiments that called a statistic a regression that had not changed.
  package var misnamed: Proportion
  /// Boots of both arms of the median experiment, and of the median one that found the defect.
  package var boots: Int
  package var bootsToFind: Int?
  /// Regressions by the runs per arm at which they were called.
  package var regressionsByRuns: [Int: Int]

  fileprivate init(plan: SimulationPlan, _ tally: SimulationTally) {
    let trials = plan.experiments
    self.plan = plan
    comparisons = tally.comparisons
    regression = Proportion(tally.regression, of: trials)
    improvement = Proportion(tally.improvement, of: trials)
    pass = Proportion(tally.pass, of: trials)
    inconclusive = Proportion(tally.inconclusive, of: trials)
    found = plan.effect.isDefect ? Proportion(tally.found, of: trials) : nil
    misnamed = Proportion(tally.misnamed, of: trials)
    boots = Int(median(tally.boots) ?? 0)
    bootsToFind = median(tally.bootsToFind).map { Int($0) }
    regressionsByRuns = tally.regressionsByRuns
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
  var boots: [Double] = []
  var bootsToFind: [Double] = []
  var regressionsByRuns: [Int: Int] = [:]

  mutating func count(_ outcome: SimulatedOutcome, _ effect: SimulatedEffect) {
    comparisons = max(comparisons, outcome.comparisons)
    boots.append(2 * Double(outcome.runs))
    switch outcome.outcome {
    case .regression:
      regression += 1
      regressionsByRuns[outcome.runs, default: 0] += 1
    case .pass: pass += 1
    case .inconclusive: inconclusive += 1
    case .failed: break
    }
    if outcome.metrics.contains(where: { $0.outcome == .improvement }) { improvement += 1 }
    let slower = outcome.metrics.filter { $0.outcome == .regression }
    if slower.contains(where: { effect.mayMove($0.id.text, $0.statistic) }) {
      found += 1
      bootsToFind.append(2 * Double(outcome.runs))
    }
    if slower.contains(where: { !effect.mayMove($0.id.text, $0.statistic) }) { misnamed += 1 }
  }
}
