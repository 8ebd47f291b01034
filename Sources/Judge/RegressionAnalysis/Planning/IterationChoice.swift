import RunRecords

/// How many iterations a run should have, from what a boot and an iteration cost and how much each
/// scatters.
///
/// With n iterations a run's value has the variance B + W / n, where B is the variance between boots
/// and W that between iterations, and a run takes c + n d. The time that an experiment needs to
/// resolve a change grows with the product of both; without bounds it is least at
/// sqrt((c / d) (W / B)) (Cochran, Sampling Techniques, 10.6). The statistic that needs most time for
/// its own budget decides.
package struct IterationChoice: Sendable, Equatable {
  /// Fewer miss an iteration that is slow only at times; more add little and wear the device.
  package static let range = 3...20

  /// Measured iterations of a run.
  package var iterations: Int
  /// ``MetricID/text`` of the metric that decides.
  package var metric: String
  package var statistic: Statistic
  /// Relative standard deviation between iterations, and between boots beyond that.
  package var withinDeviation: Double
  package var runDeviation: Double

  /// Nil where no gating statistic has a value for each iteration, or a time is not known.
  /// - Parameters:
  ///   - noise: of the rig, from unchanged firmware.
  ///   - policy: what the suite asks for.
  ///   - boot: seconds that a run takes without its iterations.
  ///   - iteration: seconds of one iteration.
  package init?(
    noise: [MetricNoise], policy: VerdictPolicy, boot: Double, iteration: Double
  ) {
    guard boot > 0, iteration > 0 else { return nil }
    let usable = noise.compactMap { one -> (noise: MetricNoise, within: Double, budget: Double)? in
      guard one.gating, !one.statistic.isWorst, !policy.isGuard(one.statistic),
        one.statistic != .rate,
        let within = one.withinDeviation, within > 0
      else { return nil }
      let budget = policy.budget(of: one.metric, one.statistic, threshold: one.threshold)
      return (one, within, max(budget, one.threshold))
    }
    let least = policy.deviationFloor
    func need(_ one: (noise: MetricNoise, within: Double, budget: Double), _ count: Int) -> Double {
      let between = max(one.noise.runDeviation, least)
      let variance = between * between + one.within * one.within / Double(count)
      return (boot + Double(count) * iteration) * variance / (one.budget * one.budget)
    }
    let choices = Self.range.compactMap { count in
      usable.map { (count: count, of: $0.noise, need: need($0, count)) }
        .max { $0.need < $1.need }
    }
    guard let best = choices.min(by: { $0.need < $1.need }),
      let within = best.of.withinDeviation
    else { return nil }
    iterations = best.count
    metric = best.of.metric
    statistic = best.of.statistic
    withinDeviation = within
    runDeviation = best.of.runDeviation
  }
}

/// How runs of any firmware scatter, each counted from its firmware's mean.
/// - Parameters:
///   - records: of one rig and suite.
///   - policy: the suite's.
/// - Returns: one for each statistic that can be judged; empty where the records do not belong
///   together or are too few.
package func scatter(of records: [RunRecord], policy: VerdictPolicy) -> [MetricNoise] {
  (try? Calibration(records, policy: policy).noise().metrics) ?? []
}
