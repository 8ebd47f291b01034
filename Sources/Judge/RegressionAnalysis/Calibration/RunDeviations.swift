import Foundation

/// What the runs of one series deviate from the mean of their firmware and a straight trend.
struct RunDeviations {
  /// One per run, in time; nil where the run has no value.
  let values: [Double?]
  let count: Int
  let degreesOfFreedom: Double
  /// Of ``values``, as it is and with values far out drawn in.
  let rawVariance: Double
  let variance: Double
  /// Robust standard deviation; 0 when most values are alike.
  let scale: Double
  /// From the first run to the last, of logarithms.
  let drift: Double
  let driftP: Double
  /// Sum of squares that the trend explains.
  let driftSquares: Double
  /// Of successive values, freed of the bias of short series.
  let autocorrelation: Double

  /// Nil when no degree of freedom is left for the noise.
  /// - Parameters:
  ///   - series: natural logarithms, in time.
  ///   - groups: of every run; each has a mean of its own.
  ///   - flashes: of every run, where they are known.
  init?(_ series: [Double?], groups: [String], flashes: [String?] = []) {
    let present = series.indices.filter { series[$0] != nil }
    let names = Set(present.map { groups[$0] }).sorted().dropFirst()
    let centre = present.reduce(0.0) { $0 + Double($1) } / Double(max(present.count, 1))
    let means = present.map { run in [1] + names.map { groups[run] == $0 ? 1.0 : 0 } }
    let rows = zip(present, means).map { [Double($0) - centre] + $1 }
    let responses = present.compactMap { series[$0] }
    // Firmwares one after the other cannot be distinguished from a trend.
    guard let model = LinearModel(rows: rows) else { return nil }
    var fit = model.fit(responses, column: 0)
    guard fit.degreesOfFreedom > 0, fit.coefficient.isFinite else { return nil }
    let error = (fit.variance * fit.leverage).squareRoot()
    var trend = fit.coefficient
    var trendP =
      error > 0
      ? min(
        1,
        2
          * StudentT.upperTail(
            abs(trend) / error, degreesOfFreedom: Double(fit.degreesOfFreedom))) : 1
    var trendSquares = fit.leverage > 0 ? trend * trend / fit.leverage : 0
    if let plain = LinearModel(rows: means)?.fit(responses, column: 0),
      let p = Self.trendP(of: plain.residuals, at: present, flashes), p >= 0.01
    {
      (fit, trend, trendP, trendSquares) = (plain, 0, p, 0)
    }
    let degrees = Double(fit.degreesOfFreedom)
    count = present.count
    degreesOfFreedom = degrees
    rawVariance = fit.variance
    var placed = [Double?](repeating: nil, count: series.count)
    for (run, residual) in zip(present, fit.residuals) { placed[run] = residual }
    values = placed
    let own = degrees / Double(count)
    scale = scaledMAD(fit.residuals) / own.squareRoot()
    if scale > 0 {
      let limit = MetricResiduals.reach * scale * own.squareRoot()
      let drawn = fit.residuals.reduce(0) { sum, value in
        let inside = max(-limit, min(limit, value))
        return sum + inside * inside
      }
      variance = min(fit.variance, drawn / degrees / MetricResiduals.kept)
    } else {
      variance = fit.variance
    }
    drift = trend * Double((present.last ?? 0) - (present.first ?? 0))
    driftP = trendP
    driftSquares = trendSquares
    let squares = fit.residuals.reduce(0) { $0 + $1 * $1 }
    let products = zip(fit.residuals, fit.residuals.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 }
    // Taking out mean and trend lowers it by about (2 + 4 r) / n.
    let n = Double(count)
    autocorrelation =
      squares > 0 && n > 4 ? max(-1, min(1, (n * products / squares + 2) / (n - 4))) : 0
  }

  /// How likely flashes alone make a trend of theirs: where one serves several runs, a few levels of
  /// flashes look like a trend of many runs. Nil where no flash serves two, or one is not known.
  private static func trendP(
    of residuals: [Double], at runs: [Int], _ flashes: [String?]
  ) -> Double? {
    var levels: [String: (place: Double, value: Double, count: Double)] = [:]
    for (run, residual) in zip(runs, residuals) {
      guard run < flashes.count, let flash = flashes[run] else { return nil }
      let old = levels[flash] ?? (0, 0, 0)
      levels[flash] = (old.place + Double(run), old.value + residual, old.count + 1)
    }
    guard levels.count < runs.count else { return nil }
    let units = levels.sorted { $0.key < $1.key }.map(\.value)
    let places = units.map { $0.place / $0.count }
    let centre = places.reduce(0, +) / Double(places.count)
    guard units.count >= 3, let model = LinearModel(rows: places.map { [$0 - centre, 1] })
    else { return 1 }
    let fit = model.fit(units.map { $0.value / $0.count }, column: 0)
    let error = (fit.variance * fit.leverage).squareRoot()
    guard error > 0 else { return 1 }
    let score = abs(fit.coefficient) / error
    return min(
      1, 2 * StudentT.upperTail(score, degreesOfFreedom: Double(fit.degreesOfFreedom)))
  }

  /// Variance between flashes beyond that of runs (one-way analysis of variance, random groups);
  /// nil without two flashes of which one has two runs.
  func flashVariance(_ flashes: [String?]) -> Double? {
    var groups: [String: [Double]] = [:]
    for (flash, value) in zip(flashes, values) {
      if let flash, let value { groups[flash, default: []].append(value) }
    }
    let members = groups.sorted { $0.key < $1.key }.map(\.value)
    let total = Double(members.reduce(0) { $0 + $1.count })
    let count = Double(members.count)
    guard count >= 2, total > count else { return nil }
    let mean = members.flatMap(\.self).reduce(0, +) / total
    var (between, within, squares) = (0.0, 0.0, 0.0)
    for group in members {
      let size = Double(group.count)
      let own = group.reduce(0, +) / size
      between += size * (own - mean) * (own - mean)
      within += group.reduce(0) { $0 + ($1 - own) * ($1 - own) }
      squares += size * size
    }
    let size = (total - squares / total) / (count - 1)
    return max(0, (between / (count - 1) - within / (total - count)) / size)
  }
}
