import Foundation
import RunRecords

/// Learns a bench's noise from runs of unchanged firmware, and whether the bench may gate.
///
/// Runs of several firmwares, or devices of one bench, count each from their own mean. The answer
/// depends on the records alone, in whatever order they come.
/// - Parameters:
///   - records: of one bench and workload; ``BenchQualification/leastRuns`` or more to qualify.
///   - policy: the suite's, as its gates use it.
///   - experiments: simulated with the noise found; 1000 distinguish 0.4% from 1%.
/// - Returns: the noise of every statistic that could be judged.
/// - Throws: ``VerdictError`` for no records, a record given twice, or records of several benches.
package func calibrate(
  _ records: [RunRecord], policy: VerdictPolicy = VerdictPolicy(), experiments: Int = 1000
) throws(VerdictError) -> BenchNoise {
  let calibration = try Calibration(records, policy: policy)
  var noise = calibration.noise()
  noise.qualification = BenchQualifier(
    calibration: calibration, noise: noise, experiments: experiments
  ).qualification()
  return noise
}

/// Runs of unchanged firmware as series, one number per run and statistic.
struct Calibration {
  let policy: VerdictPolicy
  /// In time.
  let runs: [PlacedRun]
  /// Those that can be judged.
  let series: [Series]
  /// Of every series, in the same order.
  let deviations: [RunDeviations]
  private let identity: BenchIdentity

  init(_ records: [RunRecord], policy: VerdictPolicy) throws(VerdictError) {
    guard let first = records.first else { throw .noRuns(arm: "calibration") }
    var seen: Set<String> = []
    for record in records where !seen.insert(record.id).inserted {
      throw .duplicateRecord(id: record.id)
    }
    let fields: [(String, (RunRecord) -> String)] = [
      ("target", \.target), ("device", \.benchDevice), ("suite", \.suite),
      ("workload", \.workload),
    ]
    for (name, field) in fields {
      let values = Set(records.map(field)).sorted()
      if values.count > 1 { throw .mixed(field: name, values: values) }
    }
    identity = BenchIdentity(first)
    // All noise counts here: a rate that moves is no reason to look away from the quantiles.
    var policy = policy
    policy.rateThreshold = .infinity
    self.policy = policy
    func place(_ record: RunRecord) -> (Date, Int, String) {
      (record.created, record.experiment?.order ?? 0, record.id)
    }
    let sorted = records.sorted { place($0) < place($1) }
    // Arms in name only: a series wants values on both sides.
    let runs = sorted.enumerated().map { position, record in
      PlacedRun(
        index: RunIndex(record), isCandidate: [1, 2].contains(position % 4))
    }
    self.runs = runs
    let built = SeriesBuilder(runs: runs, policy: policy, mixtures: ProbeMixture.all(in: runs))
      .build()
    let groups = sorted.map(\.firmware.id)
    let flashes = sorted.map { $0.flash?.id }
    var kept: [(Series, RunDeviations)] = []
    for one in built where one.refusal == nil && one.statistic != .rate && !one.isAllZero {
      if let deviations = RunDeviations(one.values, groups: groups, flashes: flashes) {
        kept.append((one, deviations))
      }
    }
    series = kept.map(\.0)
    deviations = kept.map(\.1)
  }

  /// All but the qualification.
  func noise() -> BenchNoise {
    let records = runs.map(\.index.record)
    let bad = badRuns()
    let counts = runs.map { Double($0.index.measured - $0.index.dropped) }
    return BenchNoise(
      bench: identity, firmwares: Set(records.map(\.firmware.id)).sorted(), runs: runs.count,
      flashes: Set(records.compactMap { $0.flash?.id }).count,
      iterations: Int(median(counts) ?? 0),
      metrics: zip(series, deviations).map { metricNoise($0, $1, bad: bad) },
      commonShare: rounded(commonShare()), badRuns: bad.map { records[$0].id })
  }

  private func metricNoise(
    _ one: Series, _ deviations: RunDeviations, bad: [Int]
  ) -> MetricNoise {
    let iterations = max(1, one.iterations)
    let floorVariance = policy.deviationFloor * policy.deviationFloor
    let variance = max(deviations.variance, floorVariance)
    let fromIterations = (one.withinVariance ?? 0) / iterations
    let fromFlashes = deviations.flashVariance(runs.map { $0.index.record.flash?.id })
    // A few levels of flashes, of several runs each, look like two kinds of runs.
    let isOfFlashes = (fromFlashes ?? 0) > deviations.variance / 2
    let modes = isOfFlashes ? nil : ModeSplit(deviations.values.compactMap(\.self))
    let entry = NoiseEntry(
      metric: one.id.text, statistic: one.statistic, variance: variance,
      degreesOfFreedom: deviations.degreesOfFreedom)
    let tau = max(one.threshold, one.resolution)
    var noise = MetricNoise(
      metric: one.id.text, statistic: one.statistic, gating: policy.isGating(one),
      runs: deviations.count, degreesOfFreedom: deviations.degreesOfFreedom,
      variance: rounded(variance),
      withinDeviation: one.withinVariance.map { rounded($0.squareRoot()) },
      runDeviation: rounded(max(0, deviations.variance - fromIterations).squareRoot()),
      flashDeviation: fromFlashes.map { rounded($0.squareRoot()) },
      autocorrelation: rounded(deviations.autocorrelation),
      drift: rounded(exp(deviations.drift) - 1), driftP: rounded(deviations.driftP),
      modes: modes, threshold: rounded(tau), floor: rounded(entry.floor), detectable: [],
      source: .runs)
    noise.detectable = [4, 8, 16].map { runs in
      let power = DesignPower(
        variance: variance, degreesOfFreedom: deviations.degreesOfFreedom,
        threshold: max(tau, entry.floor), runs: runs, statistic: one.statistic,
        comparisons: series.count { $0.statistic.isWorst == one.statistic.isWorst })
      return DetectableChange(runs: runs, change: power.detectable().map(rounded))
    }
    noise.source = source(
      noise, deviations, fromIterations: fromIterations, fromFlashes: fromFlashes ?? 0, bad: bad)
    return noise
  }

  /// The largest part of what runs differ by.
  private func source(
    _ noise: MetricNoise, _ deviations: RunDeviations, fromIterations: Double,
    fromFlashes: Double, bad: [Int]
  ) -> NoiseSource {
    if let modes = noise.modes, modes.isBimodal, modes.gap >= noise.threshold / 2 {
      return .modes
    }
    let squares = deviations.values.map { ($0 ?? 0) * ($0 ?? 0) }
    let all = squares.reduce(0, +)
    let drifting = deviations.driftP < 0.01 ? deviations.driftSquares : 0
    let parts: [(NoiseSource, Double)] = [
      (.drift, drifting),
      (.badRuns, bad.reduce(0) { $0 + squares[$1] }),
      (.flashes, fromFlashes * deviations.degreesOfFreedom),
      (.iterations, fromIterations * deviations.degreesOfFreedom),
    ]
    let rest = max(0, all - parts.dropFirst().reduce(0) { $0 + $1.1 })
    return (parts + [(.runs, rest)]).max { $0.1 < $1.1 }?.0 ?? .runs
  }

  /// Runs that are more than 3.5 standard deviations off in a quarter of all metrics.
  private func badRuns() -> [Int] {
    guard !deviations.isEmpty else { return [] }
    return runs.indices.filter { run in
      let far = deviations.filter { abs($0.values[run] ?? 0) > 3.5 * $0.scale && $0.scale > 0 }
      return Double(far.count) >= 0.25 * Double(deviations.count)
    }
  }

  /// Mean correlation of metrics, from the variance of what they all do together.
  private func commonShare() -> Double {
    let usable = deviations.filter { $0.variance > 0 && $0.count == runs.count }
    guard usable.count >= 2 else { return 0 }
    let count = Double(usable.count)
    let together = runs.indices.map { run in
      usable.reduce(0) { $0 + ($1.values[run] ?? 0) / $1.rawVariance.squareRoot() } / count
    }
    let degrees = usable[0].degreesOfFreedom
    let variance = together.reduce(0) { $0 + $1 * $1 } / degrees
    return max(0, min(1, (count * variance - 1) / (count - 1)))
  }
}
