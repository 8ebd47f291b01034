import Foundation
import RunRecords
import Testing

@testable import RegressionAnalysis

@Suite struct FailureOwnerTests {
  @Test(arguments: FailureCause.allCases)
  func everyCauseHasItsOwner(cause: FailureCause) {
    let firmware: Set<FailureCause> = [
      .regression, .shapeChanged, .deadlineMissed, .probeLost,
    ]
    #expect(cause.owner == (firmware.contains(cause) ? .firmware : .rack))
  }

  /// An experiment of unchanged firmware that something happens to.
  private func verdict(_ change: (inout VerdictInput) -> Void) throws -> Verdict {
    var input = Bench().both(seed: 5)
    change(&input)
    return try judge(input)
  }

  private func check(
    _ outcome: Verdict.Outcome, _ cause: FailureCause?, _ change: (inout VerdictInput) -> Void,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let made = try verdict(change)
    #expect(made.outcome == outcome, sourceLocation: sourceLocation)
    #expect(made.failure == cause, sourceLocation: sourceLocation)
    #expect(made.owner == cause?.owner, sourceLocation: sourceLocation)
  }

  @Test func aPassHasNone() throws { try check(.pass, nil) { _ in } }

  @Test func aRegressionIsTheFirmwares() throws {
    let made = try judge(Bench(shift: 1.3).both(seed: 3))
    #expect(made.failure == .regression)
    #expect(made.owner == .firmware)
  }

  @Test func whatFailedBesideARegressionIsNotItsCause() throws {
    var input = Bench(shift: 1.3).both(seed: 3)
    for index in input.candidate.indices {
      input.candidate[index].probes.append(
        ProbeRecord(name: "fsync", status: .lost, reason: "no function"))
    }
    let made = try judge(input)
    #expect(made.outcome == .regression)
    #expect(made.failure == .regression)
    #expect(made.reasons.contains("probe fsync is lost on the candidate"))
    #expect(made.cause == nil)
  }

  @Test func aProbeThatOnlyTheCandidateLostIsTheFirmwares() throws {
    try check(.failed, .probeLost) { input in
      for index in input.candidate.indices { input.candidate[index].probes[0].status = .lost }
    }
  }

  @Test func aMetricThatOnlyTheCandidateLacksIsTheFirmwares() throws {
    try check(.failed, .probeLost) { input in
      for index in input.candidate.indices {
        input.candidate[index].probes[0].unsupported = ["block.m0": "no tracepoint"]
      }
    }
  }

  @Test func aProbeThatNobodyHasIsTheRacks() throws {
    try check(.failed, .invalidData) { input in
      for arm in [\VerdictInput.reference, \.candidate] {
        for index in input[keyPath: arm].indices {
          input[keyPath: arm][index].probes[0].status = .unsupported
        }
      }
    }
  }

  @Test func anInvalidRunIsTheRacks() throws {
    try check(.failed, .invalidRun) { input in
      input.candidate[0].invalid = [InvalidMark(reason: "suspended")]
    }
  }

  @Test func lossesAreTheRacks() throws {
    try check(.failed, .invalidData) { input in
      input.candidate[0].invalid = [
        InvalidMark(metric: "block.m0", reason: "buckets do not add up")
      ]
    }
  }

  @Test func mixedProbesAreTheRacks() throws {
    try check(.failed, .mixedProbes) { input in
      for index in input.candidate.indices {
        input.candidate[index].probes[0].hooks[0].rung = "kprobe"
      }
    }
  }

  @Test func droppedIterationsOfOneArmAreTheRacks() throws {
    try check(.inconclusive, .conditions) { input in
      for index in input.candidate.indices {
        for pass in 0..<2 {
          input.candidate[index].iterations[pass].dropped = "hot"
          input.candidate[index].iterations[pass].dropCause = .temperature
        }
      }
    }
  }

  @Test func aMovedSentinelIsTheRacks() throws {
    var input = Bench(shift: 1.3).both(seed: 3)
    input.policy.sentinels = ["block.m0*"]
    let made = try judge(input)
    #expect(made.failure == .sentinel)
    #expect(made.owner == .rack)
  }

  @Test func weakEvidenceIsTheRacks() throws {
    try check(.inconclusive, .weakEvidence) { input in
      input.policy.minimumGrade = .interleaved
      input.policy.design = .stored
    }
  }

  @Test func anOpenBudgetIsTheRacks() throws {
    try check(.inconclusive, .budgetOpen) { input in
      input.policy.budgets = [MetricBudget(pattern: "*", budget: 0.0001)]
    }
  }

  @Test func nothingMeasuredIsTheRacks() throws {
    try check(.inconclusive, .nothingMeasured) { input in input.policy.gating = ["nothing.*"] }
  }

  @Test func aVerdictAskedForOnAnUnsoundBenchIsWeakAndSaysSo() throws {
    try check(.pass, nil) { input in input.benchCaveat = "the bench is not qualified" }
    let made = try verdict { $0.benchCaveat = "the bench is not qualified" }
    #expect(made.grade == .weak)
    #expect(made.reasons == ["the bench is not qualified"])
  }
}
