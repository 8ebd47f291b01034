import Foundation
import RegressionAnalysis
import RunRecords

@testable import Reporting

/// The report of a simulated check, which `shift` makes slower, on a bench of that many metrics.
func simulatedReport(shift: Double, metrics: Int, runs: Int = 5) throws -> VerdictReport {
  var bench = SimulatedBench(bootDeviation: 0.01, iterationDeviation: 0.02)
  bench.metrics = metrics
  bench.iterations = 2
  let plan = SimulationPlan(
    bench: bench, effect: SimulatedEffect(shift: shift, part: .p50), runs: runs, mostRuns: runs,
    experiments: 1, seed: 7)
  var experiment = SimulatedExperiment(plan, number: 1)
  let input = experiment.records()
  return VerdictReport(
    try judge(input), of: input, titles: ["simulated.m0": "simulated wait"])
}

/// Made once, as it takes a second: a regression of one metric of four, and an unchanged build.
let slowReport = Result { try simulatedReport(shift: 0.5, metrics: 4) }
let unchangedReport = Result { try simulatedReport(shift: 0, metrics: 3) }
