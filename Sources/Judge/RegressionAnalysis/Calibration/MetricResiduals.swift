import RunRecords

/// What an experiment's runs differ by, beyond arm and trend: what a noise profile grows by.
package struct MetricResiduals: Codable, Sendable, Equatable {
  /// ``MetricID/text``.
  package var metric: String
  package var statistic: Statistic
  /// One per run, of natural logarithms.
  package var values: [Double]
  package var degreesOfFreedom: Double

  package init(
    metric: String, statistic: Statistic, values: [Double], degreesOfFreedom: Double
  ) {
    self.metric = metric
    self.statistic = statistic
    self.values = values
    self.degreesOfFreedom = degreesOfFreedom
  }

  /// Where values are drawn in, in standard deviations, and the share of a normal's variance that
  /// this leaves.
  static let reach = 2.5
  static let kept = 0.9776

  /// Residual variance between runs, winsorised at what is known.
  func variance(known: Double?) -> Double? {
    guard degreesOfFreedom > 0, !values.isEmpty else { return nil }
    guard let known, known > 0 else {
      return values.reduce(0) { $0 + $1 * $1 } / degreesOfFreedom
    }
    let own = degreesOfFreedom / Double(values.count)
    let limit = Self.reach * (known * own).squareRoot()
    let drawn = values.reduce(0) { sum, value in
      let inside = max(-limit, min(limit, value))
      return sum + inside * inside
    }
    return drawn / degreesOfFreedom / Self.kept
  }
}

/// The residuals of an experiment, for ``NoiseProfile/grown(by:)``: runs against the mean of their
/// arm and the trend, so that a true change of the candidate does not count.
/// - Returns: by metric and statistic; none for stored builds, whose units are no runs.
/// - Throws: ``VerdictError`` for records that cannot be compared.
package func runResiduals(of input: VerdictInput) throws(VerdictError) -> [MetricResiduals] {
  try check(input)
  let runs = placed(input)
  let mixtures = ProbeMixture.all(in: runs)
  let series = SeriesBuilder(runs: runs, policy: input.policy, mixtures: mixtures).build()
  let design = ArmDesign(runs: runs, policy: input.policy)
  return series.compactMap { one in
    guard one.refusal == nil, one.statistic != .rate, !one.isAllZero else { return nil }
    guard let fit = design.fit(one.values), !fit.residuals.isEmpty else { return nil }
    return MetricResiduals(
      metric: one.id.text, statistic: one.statistic, values: fit.residuals,
      degreesOfFreedom: fit.degreesOfFreedom)
  }
}
