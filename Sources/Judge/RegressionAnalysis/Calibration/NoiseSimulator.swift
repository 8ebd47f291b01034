import Foundation
import RunRecords

/// Experiments without a change on a bench as it was measured: 8 + 8 runs.
///
/// Runs deviate as they were found to: normally, in part all metrics together, the next run like
/// the one before; plus the trend, two modes, flashes and bad runs where the bench has them. Values
/// are made, not histograms: what one run says of a metric is one number.
struct NoiseSimulator {
  private static let perArm = 8

  private let sources: [Source]
  private let commonShare: Double
  private let carryOver: Double
  /// Share of runs that are bad, and what every series deviated in those seen.
  private let badShare: Double
  private let badRuns: [[Double]]
  private let runsPerFlash: Int
  private let placed: [PlacedRun]

  private struct Source {
    var series: Series
    var deviation: Double
    var flash: Double
    var slope: Double
    var gap: Double
    var upperShare: Double
  }

  init(calibration: Calibration, noise: BenchNoise) {
    let records = calibration.runs.map(\.index.record)
    let perFlash = Dictionary(grouping: records.compactMap { $0.flash?.id }, by: \.self)
      .values.map { Double($0.count) }
    runsPerFlash = max(1, Int(median(perFlash) ?? 1))
    commonShare = noise.commonShare
    let correlations = noise.metrics.map(\.autocorrelation)
    carryOver = max(0, min(0.8, median(correlations) ?? 0))
    let bad = records.indices.filter { noise.badRuns.contains(records[$0].id) }
    badShare = Double(bad.count) / Double(max(records.count, 1))
    badRuns = bad.map { run in calibration.deviations.map { $0.values[run] ?? 0 } }
    let steps = Double(max(1, records.count - 1))
    sources = zip(calibration.series, noise.metrics).map { series, one in
      var variance = one.variance
      var source = Source(
        series: series, deviation: 0, flash: one.flashDeviation ?? 0,
        slope: one.driftP < 0.01 ? log1p(one.drift) / steps : 0, gap: 0, upperShare: 0)
      variance -= source.flash * source.flash
      if let modes = one.modes, modes.isBimodal {
        source.gap = log1p(modes.gap)
        source.upperShare = modes.upperShare
        variance -= modes.upperShare * (1 - modes.upperShare) * source.gap * source.gap
      }
      // Beside a second mode or flashes some noise is left always.
      source.deviation = max(variance, 0.05 * one.variance).squareRoot()
      return source
    }
    placed = (0..<2 * Self.perArm).map {
      .placeholder(order: $0, isCandidate: [1, 2].contains($0 % 4))
    }
  }

  /// One experiment; the same number gives the same one.
  func experiment(_ number: Int) -> (series: [Series], runs: [PlacedRun]) {
    var random = SimulationRandom(seed: 7, stream: UInt64(number))
    var series = sources.map { source in
      var one = source.series
      one.values = []
      return one
    }
    var common = random.normal()
    var own = sources.map { _ in random.normal() }
    var flashes: [String: [Double]] = [:]
    var made = [0, 0]
    for (position, run) in placed.enumerated() {
      let fresh = (1 - carryOver * carryOver).squareRoot()
      if position > 0 { common = carryOver * common + fresh * random.normal() }
      let isBad = random.uniform() < badShare
      let bad = isBad ? badRuns.randomElement(using: &random) : nil
      let mode = random.uniform()
      let arm = run.isCandidate ? 1 : 0
      let flash = "\(arm) \(made[arm] / runsPerFlash)"
      made[arm] += 1
      let effects = flashes[flash] ?? sources.map { $0.flash * random.normal() }
      flashes[flash] = effects
      for (place, source) in sources.enumerated() {
        if position > 0 { own[place] = carryOver * own[place] + fresh * random.normal() }
        let score =
          commonShare.squareRoot() * common + (1 - commonShare).squareRoot() * own[place]
        var value = source.deviation * score + effects[place] + source.slope * Double(position)
        if mode < source.upperShare { value += source.gap }
        if let bad { value += bad[place] }
        series[place].values.append(value)
      }
    }
    return (series, placed)
  }
}
