import RunRecords
import Testing

@testable import RegressionAnalysis

/// What the layout of the runs allows to be said.
@Suite struct GradeTests {
  /// A sound regression, as if made on a board that must be flashed: `flash` by arm and run.
  private func flashed(
    runsPerArm: Int = 4, _ flash: (_ isCandidate: Bool, _ run: Int) -> String?
  ) -> VerdictInput {
    var input = Bench(runsPerArm: runsPerArm, metrics: 4, shift: 1.3).both(seed: 11)
    func mark(_ records: inout [RunRecord], isCandidate: Bool) {
      for position in records.indices {
        records[position].device.transport = "adb"
        records[position].flash = flash(isCandidate, position).map { FlashFacts(id: $0) }
      }
    }
    mark(&input.reference, isCandidate: false)
    mark(&input.candidate, isCandidate: true)
    return input
  }

  @Test func oneFlashPerArmIsNeverAboveWeak() throws {
    var input = flashed { isCandidate, _ in isCandidate ? "c" : "r" }
    #expect(try judge(input).grade == .weak)
    input.policy.minimumGrade = .interleaved
    let verdict = try judge(input)
    #expect(verdict.outcome == .inconclusive)
    #expect(verdict.reasons == ["the evidence is weak, the suite asks for interleaved"])
  }

  @Test func unknownFlashesAreWeak() throws {
    #expect(try judge(flashed { _, _ in nil }).grade == .weak)
  }

  @Test func twoFlashesPerArmInTurnAreInterleaved() throws {
    let verdict = try judge(flashed { isCandidate, run in "\(isCandidate) \(run % 2)" })
    #expect(verdict.grade == .interleaved)
    #expect(verdict.outcome == .regression)
  }

  @Test func armsOneAfterTheOtherAreWeak() throws {
    var input = Bench(metrics: 4).screen(seed: 12)
    for position in input.candidate.indices {
      input.candidate[position].experiment?.order = 100 + position
    }
    #expect(try judge(input).grade == .weak)
  }

  // MARK: Crossover

  private func crossed(serial: (_ isCandidate: Bool, _ run: Int) -> String) -> VerdictInput {
    var input = Bench(metrics: 4, shift: 1.3).both(seed: 13)
    input.policy.design = .crossover
    func place(_ records: inout [RunRecord], isCandidate: Bool) {
      for position in records.indices {
        records[position].device.serial = serial(isCandidate, position)
        // The second device is slower altogether: a block, not an effect.
        guard records[position].device.serial == "b" else { continue }
        for pass in records[position].iterations.indices {
          for index in records[position].iterations[pass].phases[0].histograms.indices {
            let old = records[position].iterations[pass].phases[0].histograms[index]
            guard let histogram = try? old.histogram() else { continue }
            records[position].iterations[pass].phases[0].histograms[index] = HistogramRecord(
              metric: old.metric, labels: old.labels, histogram: histogram.scaled(1.5))
          }
        }
      }
    }
    place(&input.reference, isCandidate: false)
    place(&input.candidate, isCandidate: true)
    return input
  }

  @Test func bothFirmwaresOnBothDevicesAreACrossover() throws {
    let verdict = try judge(crossed { _, run in run % 2 == 0 ? "a" : "b" })
    #expect(verdict.grade == .crossover)
    #expect(verdict.outcome == .regression)
    let change = verdict.metric("block.m0{dev=vdb}@write", .quantile(0.5))?.change
    #expect(abs(try #require(change) - 0.3) < 0.05)
  }

  @Test func aDevicePerFirmwareIsWeak() throws {
    let verdict = try judge(crossed { isCandidate, _ in isCandidate ? "a" : "b" })
    #expect(verdict.grade == .weak)
  }

  // MARK: Stored builds

  /// Four runs of each stored build and of the candidate, builds differing by `noise`.
  private func stored(builds: Int, shift: Double, noise: Double = 0.01) -> VerdictInput {
    var random = SeededGenerator(seed: 14)
    var order = 0
    func run(_ build: String, level: Double) -> RunRecord {
      defer { order += 1 }
      let isCandidate = build == "new"
      let scalars = (0..<6).map { metric in
        ScalarRecord(
          metric: "s\(metric)", unit: "ms",
          value: 100 * (1 + 0.003 * random.normal()) * (metric == 0 ? level : 1), better: .lower)
      }
      var one = record(
        id: "s\(order)", isCandidate: isCandidate, order: order,
        iterations: [iteration(0, scalars: scalars)])
      one.firmware.id = build
      return one
    }
    var input = VerdictInput(reference: [], candidate: [])
    input.policy.design = .stored
    for build in 0..<builds {
      let level = 1 + noise * random.normal()
      for _ in 0..<4 { input.reference.append(run("b\(build)", level: level)) }
    }
    for _ in 0..<8 { input.candidate.append(run("new", level: 1 + shift)) }
    return input
  }

  @Test func eightBuildsAreStoredEvidence() throws {
    #expect(try judge(stored(builds: 7, shift: 0)).grade == .weak)
    let eight = try judge(stored(builds: 8, shift: 0))
    #expect(eight.grade == .stored)
    #expect(
      eight.reasons == ["8 stored builds: at most 1% false alarms are promised from 16 on"])
    #expect(try judge(stored(builds: 16, shift: 0)).reasons.isEmpty)
  }

  @Test func aBuildFarFromTheStoredOnesIsFound() throws {
    let verdict = try judge(stored(builds: 16, shift: 0.25))
    #expect(verdict.outcome == .regression)
    #expect(verdict.counts.regression == 1)
  }

  @Test func runsOfABuildAreNotBuilds() throws {
    // 4% is four standard deviations of runs and hardly one of builds.
    let verdict = try judge(stored(builds: 16, shift: 0.04, noise: 0.03))
    #expect(verdict.counts.regression == 0)
    // Nor do more runs of one build show what builds differ by.
    let open = verdict.metrics.filter { $0.outcome == .inconclusive && $0.statistic != .rate }
    #expect(!open.isEmpty)
    #expect(open.allSatisfy { $0.runsNeeded == nil && $0.unreachable && $0.reason != nil })
  }
}
