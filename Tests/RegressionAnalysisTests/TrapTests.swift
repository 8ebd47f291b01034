import Foundation
import LatencyHistograms
import RunRecords
import Testing

@testable import RegressionAnalysis

/// Data that fool simpler rules.
@Suite struct TrapTests {
  private let m0 = "block.m0{dev=vdb}@write"

  private func histograms(_ histogram: LatencyHistogram, count: Int = 3) -> [IterationRecord] {
    (0..<count).map {
      iteration(
        $0, [HistogramRecord(metric: "block.m0", labels: ["dev": "vdb"], histogram: histogram)])
    }
  }

  @Test func oneRunPerArmNeverDecides() throws {
    var bench = Bench(runsPerArm: 1, shift: 5)
    var input = bench.screen(seed: 1)
    bench.runsPerArm = 2
    let two = bench.screen(seed: 1)
    input.candidate = [two.candidate[0]]
    input.reference = [two.reference[0]]
    let verdict = try judge(input)
    #expect(verdict.outcome == .inconclusive)
    #expect(verdict.counts.regression == 0)
    #expect(verdict.metric(m0, .quantile(0.5))?.runsNeeded == 2)
    #expect(verdict.grade == .weak)
  }

  @Test func repeatableRunsPass() throws {
    let verdict = try judge(experiment { _, _ in histograms(smooth()) })
    #expect(verdict.outcome == .pass)
    #expect(verdict.exitCode == 0)
    let metric = try #require(verdict.metric(m0, .quantile(0.99)))
    #expect(metric.outcome == .noChange)
    #expect(metric.change == 0)
    #expect(metric.p == 1)
  }

  @Test func repeatableTriflesAreNoFindings() throws {
    let verdict = try judge(
      experiment { isCandidate, _ in histograms(smooth().scaled(isCandidate ? 1.01 : 1)) })
    #expect(verdict.outcome == .pass)
    #expect(verdict.counts.regression == 0)
  }

  @Test func aPointThatCrossesABucketEdgeIsNoFinding() throws {
    var before = LatencyHistogram()
    before.record(1020, times: 6000)
    var after = LatencyHistogram()
    after.record(1030, times: 6000)
    let input = experiment(runsPerArm: 8) { isCandidate, _ in
      histograms(isCandidate ? after : before)
    }
    #expect(try judge(input).counts.regression == 0)
  }

  @Test func allZeroScalarsAreUnchanged() throws {
    let input = experiment { _, _ in
      [iteration(0, scalars: [ScalarRecord(metric: "drops", unit: "1", value: 0, better: .lower)])]
    }
    let metric = try #require(try judge(input).metric("drops@write", .value))
    #expect(metric.outcome == .noChange)
    #expect(metric.referenceValue == 0)
    #expect(metric.change == 0)
  }

  @Test func fromZeroToSomethingHoldsThePassBack() throws {
    let input = experiment { isCandidate, _ in
      [
        iteration(
          0,
          scalars: [
            ScalarRecord(metric: "drops", unit: "1", value: isCandidate ? 4 : 0, better: .lower)
          ])
      ]
    }
    let verdict = try judge(input)
    #expect(verdict.metric("drops@write", .value)?.outcome == .notMeasurable)
    #expect(verdict.outcome == .inconclusive)
  }

  @Test func threeEventsDecideNothing() throws {
    let verdict = try judge(
      experiment { isCandidate, _ in
        histograms(smooth(events: 3).scaled(isCandidate ? 9 : 1), count: 1)
      })
    #expect(verdict.outcome == .inconclusive)
    #expect(verdict.metric(m0, .quantile(0.5))?.outcome == .notMeasurable)
    #expect(verdict.metric(m0, .quantile(0.99))?.reason == "run r0 has 3 events, 5000 are needed")
  }

  @Test func aTinyMetricBesideASoundOneDoesNotDecide() throws {
    let verdict = try judge(
      experiment { isCandidate, _ in
        var passes = histograms(smooth())
        passes[0].phases[0].histograms.append(
          HistogramRecord(
            metric: "block.tiny", histogram: smooth(events: 3).scaled(isCandidate ? 9 : 1)))
        return passes
      })
    #expect(verdict.outcome == .pass)
  }

  @Test func notANumberIsInvalid() throws {
    let input = experiment { _, run in
      [
        iteration(
          0,
          scalars: [
            ScalarRecord(metric: "x", unit: "ms", value: run == 2 ? .nan : 5, better: .lower)
          ])
      ]
    }
    let verdict = try judge(input)
    #expect(verdict.metric("x@write", .value)?.outcome == .invalid)
    #expect(verdict.outcome == .failed)
    #expect(verdict.exitCode == 3)
    #expect(try !verdict.encoded().isEmpty)
  }

  @Test func swappedArmsMirrorTheVerdict() throws {
    let input = Bench(shift: 1.3).both(seed: 5)
    let there = try judge(input)
    func relabelled(_ records: [RunRecord], _ arm: ExperimentPlace.Arm) -> [RunRecord] {
      records.map {
        var record = $0
        record.experiment?.arm = arm
        return record
      }
    }
    let back = try judge(
      VerdictInput(
        reference: relabelled(input.candidate, .reference),
        candidate: relabelled(input.reference, .candidate)))
    #expect(there.outcome == .regression)
    #expect(back.counts.improvement == there.counts.regression)
    #expect(back.counts.regression == 0)
    for (one, other) in zip(there.metrics, back.metrics) {
      #expect(one.p == other.p)
      let product = (1 + (one.change ?? 0)) * (1 + (other.change ?? 0))
      #expect(abs(product - 1) < 1e-4)
    }
  }

  @Test func orderOfRecordsIsNoMatter() throws {
    let input = Bench(shift: 1.1).both(seed: 6)
    var shuffled = input
    shuffled.reference.reverse()
    shuffled.candidate.swapAt(0, 2)
    shuffled.candidate.reverse()
    #expect(try judge(input).encoded() == judge(shuffled).encoded())
  }

  @Test func addedCheapEventsDoNotImproveTheTail() throws {
    let plain = smooth()
    var diluted = plain
    diluted.merge(smooth(events: 6000, centre: 5000))
    let input = experiment(runsPerArm: 8) { isCandidate, _ in
      histograms(isCandidate ? diluted : plain)
    }
    let verdict = try judge(input)
    #expect(verdict.counts.improvement == 0)
    #expect(verdict.counts.regression == 0)
    #expect(verdict.metrics.map(\.statistic).contains(.tail))
    #expect(verdict.metric(m0, .tail)?.outcome == .noChange)
    #expect(verdict.metric(m0, .rate)?.gating == false)
    #expect(verdict.outcome == .pass)
  }

  @Test func slowEventsBehindCheapOnesAreFound() throws {
    let plain = smooth()
    var masked = smooth(tail: 3)
    masked.merge(smooth(events: 30_000, centre: 5000))
    let input = experiment(runsPerArm: 8) { isCandidate, _ in
      histograms(isCandidate ? masked : plain)
    }
    #expect(try judge(input).metric(m0, .tail)?.outcome == .regression)
  }

  @Test func aWiderDistributionWithTheSameMedianIsFound() throws {
    func arm(_ isCandidate: Bool, _ run: Int) -> [IterationRecord] {
      histograms(smooth(sigma: isCandidate ? 0.6 : 0.4).scaled(1 + 0.002 * Double(run % 3)))
    }
    let input = experiment(runsPerArm: 8, arm)
    let verdict = try judge(input)
    #expect(verdict.outcome == .regression)
    #expect(verdict.metric(m0, .quantile(0.5))?.outcome != .regression)
    #expect(verdict.metric(m0, .quantile(0.99))?.outcome == .regression)
  }

  @Test func runsThatDifferMoreAroundTheSameMedianAreNoRegression() throws {
    // The candidate's runs lie 30% to either side of the reference's.
    func arm(_ isCandidate: Bool, _ run: Int) -> [IterationRecord] {
      histograms(smooth().scaled(isCandidate ? (run % 4 == 1 ? 1.3 : 1 / 1.3) : 1))
    }
    let input = experiment(runsPerArm: 8, arm)
    let verdict = try judge(input)
    #expect(verdict.counts.regression == 0)
    #expect(verdict.outcome == .inconclusive)
  }

  @Test func bimodalRunsAreNotARegression() throws {
    // Half of the runs of either arm are slow, whatever the firmware.
    let verdict = try judge(
      experiment { _, run in histograms(smooth().scaled(run / 2 % 2 == 0 ? 1 : 1.4)) })
    #expect(verdict.counts.regression == 0)
    #expect(verdict.outcome == .inconclusive)
  }

  @Test func aLostProbeFails() throws {
    var input = Bench().screen(seed: 7)
    for index in input.candidate.indices {
      input.candidate[index].probes[0].status = .lost
      input.candidate[index].probes[0].reason = "block_rq_issue has no rung"
      for pass in input.candidate[index].iterations.indices {
        input.candidate[index].iterations[pass].phases[0].histograms = []
      }
    }
    let verdict = try judge(input)
    #expect(verdict.outcome == .failed)
    #expect(verdict.exitCode == 3)
    #expect(verdict.counts.probeLost == verdict.metrics.count)
    #expect(
      verdict.probes == [
        ProbeFinding(
          probe: "block", status: .lost, arm: "candidate", reason: "block_rq_issue has no rung")
      ])
  }

  @Test func differentRungsAreNotCompared() throws {
    var input = Bench().screen(seed: 8)
    input.candidate[1].probes[0].hooks[0].rung = "kprobe"
    let verdict = try judge(input)
    #expect(verdict.outcome == .failed)
    #expect(verdict.exitCode == 3)
    let reason =
      "probe block was not attached in one way (reference: T2 tp_btf; candidate: T2 kprobe, "
      + "T2 tp_btf): choose one with --tier, or compare anyway with --allow-mixed"
    #expect(verdict.metrics[0].reason == reason)
    #expect(verdict.reasons.first == reason)
  }

  @Test func differentTiersAreNotComparedUnlessAskedFor() throws {
    var input = Bench().screen(seed: 8)
    for index in input.candidate.indices {
      input.candidate[index].probes[0].tier = .t0
      input.candidate[index].probes[0].hooks[0].rung = "ftrace"
    }
    let refused = try judge(input)
    #expect(refused.exitCode == 3)
    #expect(refused.counts.invalid == refused.metrics.count)
    #expect(refused.reasons.first?.contains("reference: T2 tp_btf; candidate: T0 ftrace") == true)

    input.policy.allowsMixed = true
    let compared = try judge(input)
    #expect(compared.counts.invalid == 0)
    #expect(compared.grade == .weak)
    #expect(compared.metrics.allSatisfy { $0.grade == .weak })
    #expect(compared.reasons.last?.contains("compared as asked, on weak evidence") == true)
  }

  @Test func aMetricHasTheTierOfItsProbe() throws {
    var input = Bench().screen(seed: 9)
    for index in input.reference.indices { input.reference[index].probes[0].tier = .t0 }
    for index in input.candidate.indices { input.candidate[index].probes[0].tier = .t0 }
    let verdict = try judge(input)
    #expect(verdict.counts.invalid == 0)
    #expect(verdict.metrics.allSatisfy { $0.id.tier == .t0 })
  }

  @Test func lossesOverTheLimitAreInvalid() throws {
    func verdict(overwritten: UInt64) throws -> Verdict {
      try judge(
        experiment { isCandidate, _ in
          var passes = histograms(smooth())
          passes[0].phases[0].losses = [
            LossRecord(
              metric: "block.m0", recorded: 18_000, overwritten: isCandidate ? overwritten : 0)
          ]
          return passes
        })
    }
    #expect(try verdict(overwritten: 10).outcome == .pass)
    #expect(try verdict(overwritten: 30).outcome == .failed)
    #expect(try verdict(overwritten: 30).counts.invalid == 3)
  }

  @Test func censoredOperationsHideTheTail() throws {
    let verdict = try judge(
      experiment { isCandidate, _ in
        var passes = histograms(smooth())
        passes[0].phases[0].losses = [
          LossRecord(metric: "block.m0", recorded: 18_000, censored: isCandidate ? 20 : 0)
        ]
        return passes
      })
    #expect(verdict.metric(m0, .quantile(0.99))?.outcome == .notMeasurable)
    #expect(verdict.metric(m0, .quantile(0.9))?.outcome == .noChange)
    #expect(verdict.outcome == .inconclusive)
  }

  /// What a broken device or file says is no reason to die.
  @Test func countersAndClocksBeyondAllMeaningAreNoTrap() throws {
    var input = experiment { isCandidate, _ in
      var passes = histograms(smooth())
      for place in passes.indices {
        passes[place].phases[0].losses = [
          LossRecord(
            metric: "block.m0", recorded: 18_000, clamped: .max, censored: isCandidate ? .max : 0)
        ]
        passes[place].covariates["counter_hz"] = 1e-300
      }
      return passes
    }
    for run in input.candidate.indices { input.candidate[run].boot.uptimeSeconds = 1e300 }
    input.policy.deadlines = [
      MetricDeadline(text: "block.m0", patterns: ["*"], limit: 1 << 40, allowed: 0),
      MetricDeadline(text: "block.m0", patterns: ["*"], limit: 1 << 30, allowed: 0.01),
    ]
    let verdict = try judge(input)
    #expect(verdict.outcome == .inconclusive)
    #expect(verdict.deadlines?.allSatisfy { $0.state == .open } == true)
  }

  @Test func unevenDropsConcludeNothing() throws {
    var input = experiment { _, _ in histograms(smooth(), count: 5) }
    for index in input.candidate.indices {
      input.candidate[index].iterations[0].dropped = "thermal"
    }
    let verdict = try judge(input)
    #expect(verdict.outcome == .inconclusive)
    #expect(
      verdict.reasons == [
        "iterations dropped: 0% of the reference, 20% of the candidate; "
          + "what is left cannot be compared"
      ])
  }

  @Test func recordsThatDoNotBelongTogetherAreRefused() throws {
    var input = Bench(metrics: 1).screen(seed: 9)
    let first = input.reference[0]
    input.reference.append(first)
    #expect(throws: VerdictError.duplicateRecord(id: first.id)) { try judge(input) }
    input.reference.removeLast()
    input.reference[0].scope = RunScope(kind: .comm, value: "app")
    #expect(throws: VerdictError.mixed(field: "scope", values: ["comm app", "everyone"])) {
      try judge(input)
    }
    input.reference[0].suite = "other"
    #expect(throws: VerdictError.mixed(field: "suite", values: ["other", "storage"])) {
      try judge(input)
    }
    input.reference[0] = input.candidate.removeLast()
    #expect(throws: VerdictError.wrongArm(id: input.reference[0].id, isIn: "reference")) {
      try judge(input)
    }
    input.candidate = []
    #expect(throws: VerdictError.noRuns(arm: "candidate")) { try judge(input) }
  }

  @Test func aHigherIsBetterScalarRegressesDownwards() throws {
    func arm(_ isCandidate: Bool, _ run: Int) -> [IterationRecord] {
      let value = (isCandidate ? 80 : 100) * (1 + 0.002 * Double(run % 3))
      return [
        iteration(
          0, scalars: [ScalarRecord(metric: "iops", unit: "1/s", value: value, better: .higher)])
      ]
    }
    let input = experiment(runsPerArm: 8, arm)
    let verdict = try judge(input)
    #expect(verdict.outcome == .regression)
    #expect(verdict.exitCode == 1)
    #expect(try #require(verdict.metric("iops@write", .value)?.change) < -0.19)
  }
}
