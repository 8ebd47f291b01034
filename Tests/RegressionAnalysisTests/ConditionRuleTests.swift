import Foundation
import RunRecords
import Testing

@testable import RegressionAnalysis

@Suite struct ConditionRuleTests {
  /// A bench whose candidate is 30% slower, with a covariate per run: by arm and the run's number
  /// in its arm.
  private func input(
    _ covariate: String = Covariate.speed, shift: Double = 1.3,
    _ level: (_ isCandidate: Bool, _ run: Int) -> Double?
  ) -> VerdictInput {
    var bench = Bench()
    bench.shift = shift
    var made = bench.both(seed: 7)
    func fill(_ records: inout [RunRecord], _ isCandidate: Bool) {
      for run in records.indices {
        for index in records[run].iterations.indices {
          records[run].iterations[index].covariates[covariate] = level(isCandidate, run)
        }
      }
    }
    fill(&made.reference, false)
    fill(&made.candidate, true)
    return made
  }

  private func kind(_ verdict: Verdict) -> ConditionFinding.Kind? { verdict.conditions.first?.kind }

  @Test func aSlowFirmwareOnASteadyBenchIsARegression() throws {
    let verdict = try judge(input { _, _ in 250 })
    #expect(verdict.outcome == .regression && kind(verdict) == .alike)
    #expect(verdict.conditions.count == 1)
  }

  @Test func withoutCovariatesNothingIsHeldAgainstTheBench() throws {
    let verdict = try judge(input { _, _ in nil })
    #expect(verdict.outcome == .regression && verdict.conditions.isEmpty)
  }

  @Test func aThrottledArmIsInconclusiveAndSaysSo() throws {
    // Half of the candidate's boots at half speed.
    let verdict = try judge(input { $0 && $1.isMultiple(of: 2) ? 125 : 250 })
    #expect(verdict.outcome == .inconclusive && verdict.exitCode == 2)
    #expect(kind(verdict) == .unstable)
    let reason = try #require(verdict.reasons.first)
    #expect(reason.hasPrefix("machine speed: reference 250 loops/us, candidate 176.8 loops/us"))
    #expect(reason.contains("throttling"))
    #expect(verdict.counts.regression == 0)
  }

  @Test func aThrottledReferenceDoesNotPassACandidate() throws {
    let verdict = try judge(input(shift: 1) { !$0 && $1 == 0 ? 125 : 250 })
    #expect(verdict.outcome == .inconclusive && kind(verdict) == .unstable)
  }

  @Test func oneDisturbedRunDoesNotHideARegression() throws {
    let verdict = try judge(input { $0 && $1 == 0 ? 125 : 250 })
    #expect(verdict.outcome == .regression && kind(verdict) == .unstable)
    #expect(verdict.counts.regression > 0)
    #expect(verdict.reasons.contains { $0.contains("the bench changed") })
    let made = input { _, _ in 250 }
    #expect(
      verdict.reasons.last?.hasPrefix(
        "the regression is found without run \(made.candidate[0].id) as well") == true)
  }

  /// One boot that is slow beside a machine that is: the disturbance explains it.
  @Test func aRegressionThatRestsOnADisturbedRunIsWithheld() throws {
    var made = input(shift: 1) { $0 && $1 == 0 ? 125 : 250 }
    let slow = input(shift: 40) { $0 && $1 == 0 ? 125 : 250 }
    made.candidate[0] = slow.candidate[0]
    let verdict = try judge(made)
    #expect(verdict.outcome == .inconclusive && kind(verdict) == .unstable)
    #expect(verdict.counts.regression == 0)
    #expect(!verdict.reasons.contains { $0.contains("found without") })
  }

  @Test func aSpeedThatFollowsTheFirmwareIsTheFirmwares() throws {
    let verdict = try judge(input { isCandidate, _ in isCandidate ? 125 : 250 })
    #expect(verdict.outcome == .regression && kind(verdict) == .firmware)
    #expect(verdict.conditions.first?.text.contains("a property of the firmware") == true)
    #expect(verdict.reasons.isEmpty)
  }

  @Test func jitterFarBelowTheDifferenceDoesNotHideIt() throws {
    // 6% between runs of the reference, 50% between the arms.
    let verdict = try judge(input { $0 ? 125 : $1 == 0 ? 235 : 250 })
    #expect(kind(verdict) == .firmware)
    // Throttled by different amounts: no firmware does that.
    let uneven = try judge(input { $0 ? ($1.isMultiple(of: 2) ? 125 : 160) : 250 })
    #expect(kind(uneven) == .unstable)
  }

  @Test func unrestThatFallsOnBothArmsAlikeIsNoise() throws {
    let verdict = try judge(input { _, run in run == 0 ? 200 : 250 })
    #expect(kind(verdict) == .alike)
  }

  @Test func theToleranceIsAnEdge() throws {
    let inside = try judge(input { isCandidate, _ in isCandidate ? 250 * exp(-0.0499) : 250 })
    #expect(kind(inside) == .alike)
    let outside = try judge(input { isCandidate, _ in isCandidate ? 250 * exp(-0.0501) : 250 })
    #expect(kind(outside) == .firmware)
    // A spread up to the tolerance is no unrest, whatever the arms' difference.
    let spread = try judge(input { $0 && $1 == 0 ? 250 * exp(-0.0499) : 250 })
    #expect(kind(spread) == .alike)
    let wide = try judge(input { $0 && $1 % 4 < 3 ? 250 * exp(-0.0501) : 250 })
    #expect(kind(wide) == .unstable)
  }

  @Test func withoutTurnsTheBenchCannotBeDistinguishedFromTheFirmware() throws {
    var one = input { isCandidate, _ in isCandidate ? 125 : 250 }
    func order(_ records: inout [RunRecord], from first: Int) {
      for index in records.indices { records[index].experiment?.order = first + index }
    }
    order(&one.reference, from: 0)
    order(&one.candidate, from: 10)
    let verdict = try judge(one)
    #expect(verdict.grade == .weak)
    #expect(verdict.outcome == .inconclusive && kind(verdict) == .unexplained)
  }

  @Test func statesAndCountsAreComparedAsTheyAre() throws {
    let throttled = try judge(input(Covariate.throttle) { $0 && $1.isMultiple(of: 2) ? 3 : 0 })
    #expect(throttled.outcome == .inconclusive && kind(throttled) == .unstable)
    let fewer = try judge(input(Covariate.onlineCPUs) { isCandidate, _ in isCandidate ? 1 : 2 })
    #expect(fewer.outcome == .regression && kind(fewer) == .firmware)
  }

  @Test func armsOfDifferentAgeAreInconclusive() throws {
    func verdict(_ age: Double) throws -> Verdict {
      var made = input { _, _ in 250 }
      for index in made.candidate.indices { made.candidate[index].boot.uptimeSeconds = age }
      return try judge(made)
    }
    // The reference's age is 60 s: 25% are 15 s.
    #expect(try verdict(75).outcome == .regression)
    let older = try verdict(76)
    #expect(older.outcome == .inconclusive)
    #expect(older.reasons.first?.contains("uptime_min") == true)
  }

  @Test func dropsOfOneArmNameTheirCause() throws {
    func verdict(_ dropped: Int) throws -> Verdict {
      var made = input { _, _ in 250 }
      // 40 iterations of the candidate in all.
      for number in 0..<dropped {
        made.candidate[number % 4].iterations[number / 4].dropped = "too hot"
        made.candidate[number % 4].iterations[number / 4].dropCause =
          number == 0 ? .battery : .temperature
      }
      return try judge(made)
    }
    #expect(try verdict(4).outcome == .regression)
    let hot = try verdict(5)
    #expect(hot.outcome == .inconclusive && hot.counts.regression == 0)
    #expect(
      hot.reasons == [
        "iterations dropped: 0% of the reference, 12.5% of the candidate (temperature 4, battery 1)"
          + "; what is left cannot be compared"
      ])
  }

  @Test func anExpensiveProbeIsNeverAPassNorARegression() throws {
    for shift in [1, 1.3] {
      var made = input(shift: shift) { _, _ in 250 }
      made.policy.maximumCPUShare = 0.02
      made.policy.maximumSlowdown = 0.05
      made.candidate[0].overhead = OverheadRecord(
        programs: [
          ProgramCost(probe: "block", program: "issue", runs: 1, ns: 5, recursionMisses: 0)
        ], cpuShare: 0.3, slowdown: 4, slowdownInterval: .init(low: 3, high: 5), pairs: 3)
      let verdict = try judge(made)
      #expect(verdict.outcome == .failed && verdict.exitCode == 3)
      #expect(verdict.reasons.first?.contains("drop probe block first") == true)
      // The run's own mark says the same, once.
      made.candidate[0].invalid = [
        InvalidMark(reason: String(verdict.reasons[0].drop { $0 != ":" }.dropFirst(2)))
      ]
      #expect(try judge(made).reasons.count { $0.contains("drop probe") } == 1)
    }
  }

  @Test func anUnclearSlowdownIsNoPass() throws {
    var made = input(shift: 1) { _, _ in 250 }
    made.policy.maximumSlowdown = 0.05
    #expect(try judge(made).outcome == .pass)
    made.candidate[0].overhead = OverheadRecord(
      cpuShare: 0.01, slowdown: 0.06, slowdownInterval: .init(low: 0.04, high: 0.08), pairs: 2)
    let verdict = try judge(made)
    #expect(verdict.outcome == .inconclusive)
    #expect(verdict.reasons.first?.contains("overhead.iterations") == true)
    made.candidate[0].overhead = OverheadRecord(cpuShare: 0.01)
    #expect(try judge(made).outcome == .inconclusive)
  }
}
