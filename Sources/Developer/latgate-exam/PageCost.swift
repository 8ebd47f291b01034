import RegressionAnalysis
import Reporting

/// What the page of a verdict costs: the time from the judged runs to its text, and its size.
struct PageCost {
  /// Histogram metrics, three statistics each.
  static let metrics = 60
  /// Runs of each arm.
  static let runs = 8

  /// The least of three times.
  var taken: Duration
  /// Of the page as UTF-8.
  var bytes: Int

  /// Every metric is slower by a fifth, so that as much is drawn as a page holds.
  static func measure() throws -> PageCost {
    var bench = SimulatedBench(.quiet)
    bench.metrics = metrics
    let plan = SimulationPlan(
      bench: bench, effect: SimulatedEffect(shift: 0.2, metrics: metrics), runs: runs,
      mostRuns: runs, experiments: 1)
    var experiment = SimulatedExperiment(plan, number: 0)
    let input = experiment.records()
    let verdict = try judge(input)
    let clock = ContinuousClock()
    var cost = PageCost(taken: .seconds(3600), bytes: 0)
    for _ in 0..<3 {
      let taken = try clock.measure {
        let report = VerdictReport(verdict, of: input)
        let page = try VerdictReport.format(named: "html")?.document(report, .file)
        cost.bytes = page?.utf8.count ?? 0
      }
      cost.taken = min(cost.taken, taken)
    }
    return cost
  }
}
