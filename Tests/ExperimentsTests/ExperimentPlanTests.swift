import Foundation
import RegressionAnalysis
import RunRecords
import Testing

@testable import Experiments

@Suite struct ExperimentPlanTests {
  private let cost = RunTime(run: .seconds(10), installing: .zero, overhead: .zero, runs: 5)
  private let policy = VerdictPolicy(
    budgets: [MetricBudget(pattern: "disk.time", budget: 0.10)], gating: ["disk.*"],
    sentinels: ["disk.sentinel"])

  private func profile(deviation: Double) -> NoiseProfile {
    func entry(_ metric: String) -> NoiseEntry {
      NoiseEntry(
        metric: metric, statistic: .value, variance: deviation * deviation, degreesOfFreedom: 20)
    }
    return NoiseProfile(entries: ["cpu.time", "disk.sentinel", "disk.time"].map(entry))
  }

  private func fitting(
    _ seconds: Int, deviation: Double?, allowsBlind: Bool = false
  ) throws -> ExperimentPlan {
    try ExperimentPlan.fitting(
      .seconds(seconds), ExperimentDesign(runs: 8, mostRuns: 16), cost: cost,
      profile: deviation.map(profile), policy: policy, allowsBlind: allowsBlind)
  }

  @Test func timeIsCountedPerBatchWithFlashesAndOverhead() {
    let cost = RunTime(
      run: .seconds(10), installing: .seconds(100), overhead: .seconds(5), runs: 1)
    let alone = ExperimentDesign(runs: 6)
    #expect(cost.time(of: alone, runs: 4) == .seconds(80 + 10))
    #expect(cost.time(of: alone, runs: 6) == .seconds(120 + 10))
    let pairs = ExperimentDesign(runs: 6, lanes: 2)
    #expect(cost.time(of: pairs, runs: 4) == .seconds(40 + 5))
    let flashes = ExperimentDesign(layout: .flashes, runs: 1)
    #expect(cost.time(of: flashes, runs: 1) == .seconds(2 * (10 + 100 + 5)))
  }

  @Test func aQuietBenchKeepsTheGivenDesign() throws {
    // 16 runs of 10 s; ten times that would be there.
    #expect(try fitting(1600, deviation: 0.005).design.runs == 8)
    #expect(try fitting(1600, deviation: nil).design.runs == 8)
  }

  @Test func lessTimeMakesASmallerDesignAndMoreNoiseALargerOne() throws {
    let small = try fitting(130, deviation: 0.005)
    #expect(small.design.runs == 6)
    #expect(try #require(small.time).planned <= .seconds(130))
    let large = try fitting(10_000, deviation: 0.06)
    #expect(large.design.runs > 8)
    #expect(large.forecast?.blind == [])
    // One size less would miss its budget.
    var smaller = large.design
    smaller.runs -= 1
    let missed = ExperimentPlan(
      smaller, cost: cost, profile: profile(deviation: 0.06), policy: policy)
    #expect(missed.forecast?.blind.map(\.metric) == ["disk.time"])
  }

  @Test func whatCannotBeShownIsRefusedUnlessAskedFor() throws {
    #expect(throws: ExperimentPlan.PlanError.self) { try fitting(160, deviation: 0.1) }
    let forced = try fitting(160, deviation: 0.1, allowsBlind: true)
    #expect(forced.design.runs == 8)
    #expect(forced.forecast?.entries.map(\.metric) == ["disk.time"])
  }

  @Test func aTimeTooShortForAnythingIsRefused() {
    do {
      _ = try fitting(119, deviation: nil, allowsBlind: true)
      Issue.record("12 runs of 10 s do not fit into 119 s")
    } catch ExperimentPlan.PlanError.tooShort(_, let least) {
      #expect(least.time?.planned == .seconds(120))
    } catch {
      Issue.record("\(error)")
    }
  }

  @Test func theBudgetAllowsRunsAsLongAsTheyAreExpectedToFit() {
    var budget = TimeBudget(limit: .seconds(50), expected: .seconds(100))
    // Nothing is known without a first one.
    #expect(budget.allowsMore)
    budget.took(.seconds(15))
    #expect(!budget.allowsMore, "an estimate is not thrown away at once")
    var exact = TimeBudget(limit: .seconds(50), expected: .seconds(15))
    for _ in 0..<3 {
      #expect(exact.allowsMore)
      exact.took(.seconds(15))
    }
    #expect(!exact.allowsMore)
  }
}

@Suite struct RunTimeTests {
  private func record(
    _ seconds: Double?, iterations: Int = 2, measuresOverhead: Bool = false
  ) -> RunRecord {
    var record = RunRecord(
      id: "\(seconds ?? 0)", created: Date(timeIntervalSince1970: 0), toolVersion: "t",
      target: "t",
      device: DeviceFacts(name: "d", serial: "d", model: "m", transport: "adb", abi: "arm64"),
      firmware: FirmwareIdentity(
        name: "f", id: "f", fingerprint: "f", kernelRelease: "k", kernelBuildID: ""),
      boot: BootFacts(bootID: "b", uptimeSeconds: 5), suite: "s", workload: "w",
      iterations: (0..<iterations).map {
        IterationRecord(
          index: $0, kind: .measured, startedUptimeNs: UInt64($0) * 3_000_000_000, phases: [])
      })
    record.hostSeconds = seconds
    if measuresOverhead { record.overhead = OverheadRecord(cpuShare: nil) }
    return record
  }

  @Test func theMedianOfEarlierRunsDecides() throws {
    let records = [record(10), record(11), record(90), record(nil)]
    let cost = try #require(RunTime(records: records, iterations: 2, installing: .seconds(60)))
    #expect(cost.run == .seconds(11))
    #expect(cost.installing == .seconds(60))
    #expect(cost.runs == 3)
    #expect(RunTime(records: [record(nil)], iterations: 2, installing: nil) == nil)
  }

  /// A record of somebody else's may say anything, and `Duration` traps beyond its bounds.
  @Test func timesThatNoRunTakesAreLeftOut() throws {
    let records = [record(10), record(1e300), record(.infinity), record(.nan), record(-1)]
    let cost = try #require(RunTime(records: records, iterations: 2, installing: nil))
    #expect(cost.run == .seconds(10) && cost.runs == 1)
    #expect(RunTime(records: [record(1e300)], iterations: 2, installing: nil) == nil)
  }

  @Test func moreIterationsTakeMore() throws {
    let cost = try #require(RunTime(records: [record(10)], iterations: 5, installing: nil))
    #expect(cost.run == .seconds(19))
    #expect(cost.iteration == .seconds(3))
  }

  @Test func overheadIsWhatTheFirstRunsTakeMore() throws {
    let records = [record(10), record(12), record(18, measuresOverhead: true)]
    let cost = try #require(RunTime(records: records, iterations: 2, installing: nil))
    #expect(cost.run == .seconds(11))
    #expect(cost.overhead == .seconds(7))
  }
}
