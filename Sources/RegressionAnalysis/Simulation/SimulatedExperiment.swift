import Foundation
import RunRecords

/// One experiment on a simulated bench, made as `latgate check` makes it: a screen in the order
/// ABBA, and fresh runs only when the verdict on the screen asks for them.
package struct SimulatedExperiment {
  private let bench: SimulatedBench
  private var levels: SimulatedLevels
  private let screenRuns: Int
  private let confirmRuns: Int
  private let profileFactor: Double?
  private var order = 0

  package init(_ plan: SimulationPlan, number: Int) {
    bench = plan.bench
    screenRuns = plan.runs
    confirmRuns = plan.confirmRuns
    profileFactor = plan.profileFactor
    levels = SimulatedLevels(
      bench: plan.bench, effect: plan.effect, runsPerStage: 2 * plan.runs,
      random: SimulationRandom(seed: plan.seed, stream: UInt64(number)))
  }

  /// Runs the experiment to its verdict.
  package mutating func verdict() throws(VerdictError) -> Verdict {
    var input = screen()
    let first = try judge(input)
    guard first.screenNeedsConfirmation, confirmRuns > 0 else { return first }
    let fresh = records(.confirm, runsPerArm: confirmRuns)
    input.confirmReference = fresh.filter { $0.experiment?.arm == .reference }
    input.confirmCandidate = fresh.filter { $0.experiment?.arm == .candidate }
    return try judge(input)
  }

  /// The runs of the screen.
  package mutating func screen() -> VerdictInput {
    let runs = records(.screen, runsPerArm: screenRuns)
    return VerdictInput(
      reference: runs.filter { $0.experiment?.arm == .reference },
      candidate: runs.filter { $0.experiment?.arm == .candidate }, profile: profile())
  }

  /// The noise that experiments on this bench would have taught, divided by the factor.
  private func profile() -> NoiseProfile? {
    guard let profileFactor else { return nil }
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
    let count = 2 * screenRuns
    let centre = Double(count - 1) / 2
    let rows = (0..<count).map { run in
      [1, Self.isCandidate(run) ? 1.0 : 0] + (screenRuns >= 4 ? [Double(run) - centre] : [])
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

  private mutating func records(_ stage: ExperimentPlace.Stage, runsPerArm: Int) -> [RunRecord] {
    (0..<(2 * runsPerArm)).map { position in
      let isCandidate = Self.isCandidate(position)
      let passes = levels.nextBoot(isCandidate: isCandidate)
      defer { order += 1 }
      return record(passes, isCandidate: isCandidate, stage: stage)
    }
  }

  private func record(
    _ passes: [[Double]], isCandidate: Bool, stage: ExperimentPlace.Stage
  ) -> RunRecord {
    let name = isCandidate ? "candidate" : "reference"
    let id = "simulated-\(order)"
    let iterations = passes.enumerated().map { index, quantiles in
      let histograms = (0..<bench.metrics).map { metric in
        let count = SimulatedBench.probabilities.count
        return SimulatedHistogram.record(
          metric: "simulated.m\(metric)",
          quantiles: Array(quantiles[metric * count..<(metric + 1) * count]),
          events: bench.events)
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
        id: "simulated", arm: isCandidate ? .candidate : .reference, order: order, stage: stage),
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
