import Foundation
import RunRecords

/// Asks the rule itself how often it would call this bench's unchanged firmware slower.
struct BenchQualifier {
  let calibration: Calibration
  let noise: BenchNoise
  /// Simulated ones.
  let experiments: Int

  /// Ways to deal the bench's own runs to two arms.
  private static let deals = 200

  func qualification() -> BenchQualification {
    let runs = calibration.runs.count
    guard runs >= BenchQualification.leastRuns else {
      let missing = BenchQualification.leastRuns - runs
      return BenchQualification(
        reasons: ["\(runs) runs are too few: \(BenchQualification.leastRuns) are needed"],
        remedies: ["make \(missing) more \(missing == 1 ? "run" : "runs") of the same firmware"])
    }
    guard calibration.series.contains(where: { calibration.policy.isGating($0) }) else {
      return BenchQualification(
        reasons: ["no gating metric could be measured"],
        remedies: ["look at one of the runs for what is lost, invalid or too rare"])
    }
    let perArm = min(4, runs / 4)
    var made = BenchQualification(
      standing: .qualified, resampled: resampled(perArm: perArm),
      independentSplits: runs / (4 * perArm), simulated: simulated())
    let limit = BenchQualification.limit
    if made.resampled.share > limit {
      made.reasons.append(
        "the bench's own runs, dealt to two arms, were called slower in "
          + "\(percent(made.resampled.share)) of \(made.resampled.trials) ways "
          + "(limit \(percent(limit)); \(made.independentSplits) of them without a common run)")
    }
    if made.simulated.share > limit {
      made.reasons.append(
        "with this noise \(percent(made.simulated.share)) of unchanged builds would be called "
          + "slower (limit \(percent(limit)))")
    }
    if !made.reasons.isEmpty { made.standing = .notQualified }
    made.remedies = BenchRemedies(calibration: calibration, noise: noise)
      .texts(isQualified: made.standing == .qualified)
    made.reasons += remarks()
    return made
  }

  /// What the runs could not show, whatever the standing.
  private func remarks() -> [String] {
    let isVirtual = calibration.runs.allSatisfy {
      $0.index.record.device.transport == "virtual"
    }
    let isKnown = noise.metrics.contains { $0.flashDeviation != nil }
    guard !isVirtual, !isKnown else { return [] }
    return [
      "the noise between flashes is not known: no flash was seen twice with two runs each"
    ]
  }

  // MARK: The bench's own runs

  /// Calls of "slower" over many ways to deal runs to arms. A way and its mirror are two trials:
  /// what one calls faster the other calls slower.
  private func resampled(perArm: Int) -> Proportion {
    var random = SimulationRandom(seed: 1, stream: UInt64(calibration.runs.count))
    let span = 4 * perArm
    var called = 0
    for _ in 0..<Self.deals {
      let start = Int.random(in: 0...(calibration.runs.count - span), using: &random)
      let arms = Self.arms(perArm, &random) + Self.arms(perArm, &random)
      var runs: [PlacedRun] = []
      for (position, isCandidate) in arms.enumerated() {
        runs.append(
          PlacedRun(
            index: calibration.runs[start + position].index, isCandidate: isCandidate))
      }
      let series = calibration.series.map { one in
        var one = one
        one.values = Array(one.values[start..<start + span])
        return one
      }
      let calls = Self.calls(
        series, runs, policy: calibration.policy, profile: noise.profile)
      called += (calls.slower ? 1 : 0) + (calls.faster ? 1 : 0)
    }
    return Proportion(called, of: 2 * Self.deals)
  }

  /// Arms of a stage in time: balanced in number and nearly in time, as a gate lays them out.
  private static func arms(_ perArm: Int, _ random: inout SimulationRandom) -> [Bool] {
    var arms = (0..<2 * perArm).map { $0 < perArm }
    while true {
      arms.shuffle(using: &random)
      let lean = arms.enumerated().reduce(0) { $0 + ($1.element ? $1.offset : -$1.offset) }
      if abs(lean) <= perArm { return arms }
    }
  }

  /// Whether any gating metric would be called slower, or faster, at any look.
  static func calls(
    _ series: [Series], _ runs: [PlacedRun], policy: VerdictPolicy, profile: NoiseProfile?
  ) -> (slower: Bool, faster: Bool) {
    var calls = (slower: false, faster: false)
    var looks = SequentialLooks(series: series, runs: runs)
    while !calls.slower, let look = looks.next() {
      let rule = SequentialRule(
        series: look.series, runs: look.runs, policy: policy, profile: profile,
        grade: .interleaved, describes: false)
      for metric in rule.metrics where metric.gating {
        if metric.outcome == .regression { calls.slower = true }
        if metric.outcome == .improvement { calls.faster = true }
      }
    }
    return calls
  }

  // MARK: Simulation

  private func simulated() -> Proportion {
    let simulator = NoiseSimulator(calibration: calibration, noise: noise)
    var called = 0
    for number in 0..<experiments {
      let made = simulator.experiment(number)
      let calls = Self.calls(
        made.series, made.runs, policy: calibration.policy, profile: noise.profile)
      if calls.slower { called += 1 }
    }
    return Proportion(called, of: experiments)
  }
}
