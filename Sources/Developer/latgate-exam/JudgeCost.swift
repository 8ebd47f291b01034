import RegressionAnalysis

/// What a verdict costs: time by number of runs.
struct JudgeCost {
  /// Histogram metrics, three statistics each.
  static let metrics = 60

  /// The least of three times that judging this many runs took; iterations are 5 a run.
  static func measure(runs: Int) throws -> Duration {
    var bench = SimulatedBench(.typical)
    bench.metrics = metrics
    let plan = SimulationPlan(bench: bench, runs: runs / 2, mostRuns: runs / 2, experiments: 1)
    var experiment = SimulatedExperiment(plan, number: 0)
    let input = experiment.records()
    var least = Duration.seconds(3600)
    for _ in 0..<3 {
      let clock = ContinuousClock()
      let taken = try clock.measure { _ = try judge(input) }
      least = min(least, taken)
    }
    return least
  }
}
