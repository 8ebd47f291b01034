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

  /// Nil when nothing is left to tell noise from.
  /// - Parameters:
  ///   - series: natural logarithms, in time.
  ///   - groups: of every run; each has a mean of its own.
  init?(_ series: [Double?], groups: [String]) {
    let present = series.indices.filter { series[$0] != nil }
    let names = Set(present.map { groups[$0] }).sorted().dropFirst()
    let centre = present.reduce(0.0) { $0 + Double($1) } / Double(max(present.count, 1))
    let rows = present.map { run in
      [Double(run) - centre, 1] + names.map { groups[run] == $0 ? 1.0 : 0 }
    }
    // Firmwares one after the other cannot be told from a trend.
    guard let model = LinearModel(rows: rows) else { return nil }
    let fit = model.fit(present.compactMap { series[$0] }, column: 0)
    guard fit.degreesOfFreedom > 0, fit.coefficient.isFinite else { return nil }
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
    let error = (fit.variance * fit.leverage).squareRoot()
    drift = fit.coefficient * Double((present.last ?? 0) - (present.first ?? 0))
    driftP =
      error > 0
      ? min(1, 2 * StudentT.upperTail(abs(fit.coefficient) / error, degreesOfFreedom: degrees)) : 1
    driftSquares = fit.leverage > 0 ? fit.coefficient * fit.coefficient / fit.leverage : 0
    let squares = fit.residuals.reduce(0) { $0 + $1 * $1 }
    let products = zip(fit.residuals, fit.residuals.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 }
    // Taking out mean and trend lowers it by about (2 + 4 r) / n.
    let n = Double(count)
    autocorrelation =
      squares > 0 && n > 4 ? max(-1, min(1, (n * products / squares + 2) / (n - 4))) : 0
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
