import LatencyHistograms

/// A distribution whose shape differs between the arms: a mode that the other arm does not have.
///
/// A median does not see that one operation in eight takes ten times as long, and a slower mean does
/// not say whether all operations are slower or a few are stuck.
package struct ShapeChange: Codable, Sendable, Equatable {
  /// Modes of each arm.
  package var referenceModes: Int
  package var candidateModes: Int
  /// Where the mode in question peaks, in the metric's unit.
  package var mode: Double
  /// The values between the valleys on its sides, in the metric's unit.
  package var from: Double
  package var to: Double
  /// Share of operations in it, mean over runs, 0...1.
  package var reference: Double
  package var candidate: Double
  /// Of candidate - reference, over runs, at the policy's level, -1...1.
  package var interval: ChangeInterval
  /// Two-sided, of the difference over runs.
  package var p: Double
  /// Whether the candidate has it and its operations take longer there than the rest does.
  package var isWorse: Bool

  /// `12.3% of operations, 0.1% of the reference's, are in a mode of their own`.
  package var text: String {
    "\(percent(candidate)) of operations, \(percent(reference)) of the reference's, are in a mode "
      + "of their own"
  }

  /// Whether runs agree so well that it keeps a firmware from passing.
  package var isCertain: Bool { p <= Self.certain }

  /// A finding beside the tests that share a look's level, so stricter than one of these.
  private static let certain = 0.0005
}

extension ShapeChange {
  /// Share of operations by which the arms must differ in a mode.
  private static let leastDifference = 0.02
  /// Peaks nearer than half an octave are one mode that moved.
  private static let samePlace = 8

  /// - Parameters:
  ///   - histograms: one per run, in the standard layout, all its iterations together.
  ///   - isCandidate: of each run.
  ///   - policy: says the level of the interval.
  /// - Returns: the clearest difference of shape; nil where the arms have the same modes, or an arm
  ///   fewer than two runs.
  static func clearest(
    _ histograms: [LatencyHistogram], isCandidate: [Bool], policy: VerdictPolicy
  ) -> ShapeChange? {
    guard histograms.allSatisfy({ $0.layout == .standard && $0.count > 0 }) else { return nil }
    let arms = [false, true].map { arm in
      zip(histograms, isCandidate).filter { $0.1 == arm }.map(\.0)
    }
    guard arms.allSatisfy({ $0.count > 1 }) else { return nil }
    let modes = arms.map { runs in
      DistributionModes(
        meanShares(runs), events: runs.reduce(0) { $0 + Double($1.count) }
      ).modes
    }
    let changes = [false, true].flatMap { isCandidate -> [ShapeChange] in
      let (own, others) = (modes[isCandidate ? 1 : 0], modes[isCandidate ? 0 : 1])
      // Where nothing stayed in its place the whole distribution moved: no change of shape.
      func isKnown(_ mode: DistributionModes.Mode) -> Bool {
        others.contains { abs($0.peak - mode.peak) <= samePlace }
      }
      guard own.contains(where: isKnown) else { return [] }
      return own.filter { !isKnown($0) }.compactMap { mode in
        let rest = own.filter { $0.peak != mode.peak }.max { $0.share < $1.share }
        // Where an arm has a mode that the other lacks, it has more operations there. The other may
        // have more within those bounds all the same, in a mode of its own: that is a change of its own.
        guard var change = difference(arms, in: mode, level: policy.intervalLevel),
          (change.candidate > change.reference) == isCandidate
        else { return nil }
        change.referenceModes = modes[0].count
        change.candidateModes = modes[1].count
        change.isWorse = isCandidate && mode.peak > rest?.peak ?? .max
        return change
      }
    }
    return changes.min { $0.p < $1.p }
  }

  /// Share of events per bucket; every run weighs the same.
  private static func meanShares(_ runs: [LatencyHistogram]) -> [Double] {
    var shares = [Double](repeating: 0, count: HistogramLayout.standard.bucketCount)
    for run in runs {
      let weight = 1 / (Double(run.count) * Double(runs.count))
      for (bucket, events) in run.buckets.enumerated() where events > 0 {
        shares[bucket] += Double(events) * weight
      }
    }
    return shares
  }

  /// The share of a mode in both arms.
  private static func difference(
    _ arms: [[LatencyHistogram]], in mode: DistributionModes.Mode, level: Double
  ) -> ShapeChange? {
    let shares = arms.map { runs in
      runs.map { run in
        (hits: Double(run.buckets[mode.buckets].reduce(0, +)), trials: Double(run.count))
      }
    }
    let moved = ShareDifference(reference: shares[0], candidate: shares[1], level: level)
    guard let moved, abs(moved.delta) >= leastDifference else { return nil }
    let layout = HistogramLayout.standard
    let peak = layout.bounds(of: mode.peak)
    return ShapeChange(
      referenceModes: 0, candidateModes: 0,
      mode: (Double(peak.lower) + Double(peak.upper)) / 2,
      from: Double(layout.bounds(of: mode.buckets.lowerBound).lower),
      to: Double(layout.bounds(of: mode.buckets.upperBound - 1).upper),
      reference: rounded(moved.reference), candidate: rounded(moved.candidate),
      interval: ChangeInterval(
        low: rounded(moved.interval.low), high: rounded(moved.interval.high)),
      p: rounded(moved.p), isWorse: false)
  }
}
