import LatencyHistograms
import RunRecords
import Testing

@testable import RegressionAnalysis

/// Fixed limits, which the candidate alone keeps or misses.
@Suite struct DeadlineTests {
  private let m0 = "block.m0{dev=vdb}@write"

  /// Four runs per arm of three iterations; the candidate's are those of `make`, by run.
  private func input(
    reference: LatencyHistogram = smooth(events: 1000), losses: [LossRecord] = [],
    _ deadlines: [MetricDeadline], candidate make: (Int) -> LatencyHistogram
  ) -> VerdictInput {
    var input = experiment { isCandidate, run in
      (0..<3).map { index in
        iteration(
          index,
          [
            HistogramRecord(
              metric: "block.m0", labels: ["dev": "vdb"],
              histogram: isCandidate ? make(run) : reference)
          ], losses: isCandidate ? losses : [])
      }
    }
    input.policy.deadlines = deadlines
    // Deadlines shall decide, not what moves beside them.
    input.policy.budgets = [MetricBudget(pattern: "*", budget: 1e6)]
    input.policy.quantiles = [QuantileThreshold(probability: 0.5, threshold: 0.03)]
    return input
  }

  private func deadline(
    _ limit: UInt64, _ allowed: Double = 0, _ pattern: String = "block.m0*"
  ) -> MetricDeadline {
    MetricDeadline(text: pattern, patterns: [pattern], limit: limit, allowed: allowed)
  }

  /// The usual operations and so many of 5 ms.
  private func late(_ count: UInt64, of events: Int = 1000) -> LatencyHistogram {
    var histogram = smooth(events: events - Int(count))
    histogram.record(5_000_000, times: count)
    return histogram
  }

  private func finding(_ verdict: Verdict) throws -> DeadlineFinding {
    try #require(verdict.deadlines?.first)
  }

  @Test func withoutDeadlinesAVerdictSaysNothingOfThem() throws {
    #expect(try judge(input([]) { _ in smooth(events: 1000) }).deadlines == nil)
  }

  @Test func whatNoOperationExceedsIsMet() throws {
    let verdict = try judge(input([deadline(2_000_000)]) { _ in smooth(events: 1000) })
    let found = try finding(verdict)
    #expect(verdict.outcome == .pass)
    #expect(found.state == .met && found.id?.text == m0)
    let arm = try #require(found.candidate)
    #expect(arm.runs == 4 && arm.operations == 12_000 && arm.least == 0 && arm.most == 0)
    #expect(arm.exact.low == 0 && abs(arm.exact.high - 3.0736e-4) < 1e-7)
    #expect(arm.overRuns.high > arm.exact.high)
  }

  /// One operation of 12,000 moves no quantile.
  @Test func oneLateOperationMissesWhatNoneMay() throws {
    let verdict = try judge(input([deadline(2_000_000)]) { run in late(run == 1 ? 1 : 0) })
    let found = try finding(verdict)
    #expect(verdict.outcome == .regression && verdict.exitCode == 1)
    #expect(verdict.failure == .deadlineMissed && verdict.owner == .firmware)
    #expect(verdict.continuation == .settled)
    #expect(found.state == .missed)
    #expect(found.candidate?.least == 3 && found.candidate?.most == 3)
    #expect(found.candidate?.worst == 5_000_000)
    #expect(found.reference?.most == 0)
    #expect(
      verdict.cause
        == "\(m0): 3 of 12000 operations (0.025%) exceeded the deadline, none is allowed")
  }

  /// A jitter, the spread about the mean, would stay as it is.
  @Test func aConstantDelayIsSeen() throws {
    let plain = smooth(events: 1000, sigma: 0.05)
    var delayed = LatencyHistogram()
    for bucket in plain.sparse {
      delayed.record(plain.layout.bounds(of: bucket.index).lower + 50_000, times: bucket.count)
    }
    let limit = deadline(125_000, 0.01)
    let before = try judge(input(reference: plain, [limit]) { _ in plain })
    #expect(try finding(before).state == .met)
    let after = try judge(input(reference: plain, [limit]) { _ in delayed })
    let found = try finding(after)
    #expect(found.state == .missed && after.failure != nil)
    #expect(found.candidate?.share ?? 0 > 0.95)
    #expect(found.reference?.share == 0)
    #expect(found.difference?.low ?? 0 > 0.9)
  }

  @Test func aShareIsHeldAgainstTheScatterOfRuns() throws {
    func state(_ allowed: Double, _ late: [UInt64]) throws -> DeadlineFinding.State {
      // Where the candidate's runs stand among all.
      let places = [1, 2, 5, 6]
      return try finding(
        judge(
          input([deadline(2_000_000, allowed)]) { run in
            self.late(places.firstIndex(of: run).map { late[$0] } ?? 0)
          })
      ).state
    }
    #expect(try state(0.02, [10, 11, 9, 10]) == .met)
    #expect(try state(0.004, [10, 11, 9, 10]) == .missed)
    #expect(try state(0.011, [10, 11, 9, 10]) == .open)
    // 1% of all operations, but in one boot of four: other boots may have none, or all.
    #expect(try state(0.005, [40, 0, 0, 0]) == .open)
    #expect(try state(0.02, [40, 0, 0, 0]) == .open)
  }

  @Test func anOpenDeadlineHoldsAPassBackAndAsksForRuns() throws {
    let verdict = try judge(input([deadline(2_000_000, 0.011)]) { _ in late(10) })
    #expect(verdict.outcome == .inconclusive)
    #expect(verdict.failure == .deadlineOpen && verdict.owner == .rack)
    #expect(verdict.continuation == .leaning)
  }

  /// 2.05 ms lies inside a bucket: its operations may be on either side, up to the longest.
  @Test func theBucketOfTheLimitIsCountedAsTooLongButFailsNothing() throws {
    func mixed(_ value: UInt64) throws -> DeadlineFinding {
      var histogram = smooth(events: 990, sigma: 0.1)
      histogram.record(2_040_000, times: 9)
      histogram.record(value)
      return try finding(judge(input([deadline(2_050_000)]) { _ in histogram }))
    }
    // The longest is within.
    #expect(try mixed(2_049_000).state == .met)
    // The longest is beyond, so one of each iteration is; of the others it is not known.
    let beyond = try mixed(2_060_000)
    #expect(beyond.state == .missed)
    #expect(beyond.candidate?.least == 12 && beyond.candidate?.most == 120)
  }

  @Test func whatWasLostMayHaveBeenLate() throws {
    let losses = [LossRecord(metric: "block.m0", recorded: 1000, censored: 1)]
    let verdict = try judge(
      input(losses: losses, [deadline(2_000_000)]) { _ in smooth(events: 1000) })
    let found = try finding(verdict)
    #expect(found.state == .open && found.unknown == 12)
    #expect(verdict.cause?.hasSuffix("12 were lost or had not ended, and may have done so") == true)
  }

  @Test func aWaiverExcusesAMiss() throws {
    var input = input([deadline(2_000_000)]) { _ in late(1) }
    func outcome(_ isExpired: Bool) throws -> Verdict.Outcome {
      input.waivers = [
        MetricWaiver(
          id: 1, pattern: "block.m0*", until: "2027-01-31", reason: "known", isExpired: isExpired)
      ]
      return try judge(input).outcome
    }
    #expect(try outcome(false) == .pass)
    #expect(try outcome(true) == .regression)
  }

  @Test func aDeadlineOfNothingHoldsAPassBack() throws {
    let verdict = try judge(
      input([deadline(1000, 0, "block.other*")]) { _ in smooth(events: 1000) })
    let found = try finding(verdict)
    #expect(verdict.outcome == .inconclusive && verdict.failure == .nothingMeasured)
    #expect(found.state == .unmeasured && found.id == nil)
  }

  /// One file system of two hangs: its deadline is not known to be kept.
  @Test func aMetricThatOnlyTheReferenceHasIsNotKept() throws {
    func judged(events: Int) throws -> Verdict {
      var input = input([deadline(2_000_000)]) { _ in smooth(events: 1000) }
      for run in input.reference.indices {
        for pass in input.reference[run].iterations.indices {
          input.reference[run].iterations[pass].phases[0].histograms.append(
            HistogramRecord(
              metric: "block.m0", labels: ["dev": "vdc"], histogram: smooth(events: events)))
        }
      }
      input.policy.gating = ["*{dev=vdb}*"]
      return try judge(input)
    }
    func states(_ verdict: Verdict) -> [DeadlineFinding.State] {
      (verdict.deadlines ?? []).map(\.state)
    }
    let verdict = try judged(events: 20)
    #expect(states(verdict) == [.met, .unmeasured])
    #expect(verdict.deadlines?.last?.reference?.operations == 240)
    #expect(verdict.outcome == .inconclusive)
    #expect(
      verdict.reasons.contains(
        "block.m0{dev=vdc}@write: deadline not judged: the candidate has no operation of it, every "
          + "run of the reference has"))
    // A stray operation now and then is no part of the workload.
    #expect(states(try judged(events: 1)) == [.met])
  }

  @Test func aBenchThatChangedMissesNothing() throws {
    var input = input([deadline(2_000_000)]) { _ in late(1) }
    input.policy.minimumGrade = .interleaved
    input.policy.design = .stored
    let verdict = try judge(input)
    #expect(verdict.outcome == .inconclusive && verdict.failure == .weakEvidence)
    #expect(try finding(verdict).state == .missed)
  }

  @Test func whatIsMissedComesFirst() {
    let states: [DeadlineFinding.State] = [.met, .unmeasured, .missed, .open]
    #expect(states.sorted() == [.missed, .open, .unmeasured, .met])
  }
}
