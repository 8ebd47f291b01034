import Foundation

/// How a metric moved away from a release, build by build.
package struct Creep: Codable, Sendable, Equatable {
  package enum Kind: String, Codable, Sendable, Equatable, CaseIterable {
    /// Many small changes that no single verdict could call.
    case creep
    /// One change makes up most of it.
    case step
  }

  package var kind: Kind
  /// From the release to the last build, by the straight line through all of them; relative.
  package var change: Double
  /// Of ``change``, with 95% coverage.
  package var interval: ChangeInterval
  /// Mean change of a build; relative.
  package var perBuild: Double
  /// Two-sided p value of the line.
  package var p: Double
  /// Builds with a value, the release included.
  package var builds: Int
}

/// Finds small changes per build that add up beyond what matters.
///
/// Each build is held to the build before it, or to a baseline that rolls along, and passes; the
/// release that customers have is then further away than any verdict said. The build is the unit:
/// a straight line through the builds' levels must rise beyond chance, and by more than what
/// matters.
package struct CreepFinder: Sendable, Equatable {
  /// Largest p value, shared by all ``comparisons``.
  package var alpha: Double
  package var comparisons: Int
  /// Fewest builds with a value for a result; 4 or more.
  package var minimumBuilds: Int

  package init(alpha: Double = 0.01, comparisons: Int = 1, minimumBuilds: Int = 6) {
    self.alpha = alpha
    self.comparisons = max(1, comparisons)
    self.minimumBuilds = max(4, minimumBuilds)
  }

  /// What became of a metric since a release.
  /// - Parameters:
  ///   - levels: natural logarithms, one per build, from the release on; values that are not finite
  ///     count as missing.
  ///   - threshold: relative change that matters.
  ///   - worse: +1 when more is worse, -1 when less is.
  /// - Returns: nil unless the metric got worse by the threshold or more.
  package func creep(_ levels: [Double], threshold: Double, worse: Double = 1) -> Creep? {
    let places = levels.indices.filter { levels[$0].isFinite }
    guard places.count >= minimumBuilds, let first = places.first, let last = places.last else {
      return nil
    }
    let values = places.map { levels[$0] }
    let centre = places.reduce(0.0) { $0 + Double($1) } / Double(places.count)
    guard let model = LinearModel(rows: places.map { [Double($0) - centre, 1] }) else { return nil }
    let fit = model.fit(values, column: 0)
    let degrees = Double(fit.degreesOfFreedom)
    let span = Double(last - first)
    let total = fit.coefficient * span
    guard worse * total >= log1p(threshold) else { return nil }
    // Builds of one week share the state of the bench: neighbours are not independent.
    let squares = fit.residuals.reduce(0) { $0 + $1 * $1 }
    let products = zip(fit.residuals, fit.residuals.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 }
    let carried = squares > 0 ? max(0, min(0.9, products / squares)) : 0
    let inflated = fit.variance * (1 + carried) / (1 - carried)
    let error = max((inflated * fit.leverage).squareRoot(), 1e-12) * span
    let p = min(1, 2 * StudentT.upperTail(abs(total) / error, degreesOfFreedom: degrees))
    guard p <= alpha / Double(comparisons) else { return nil }
    let reach = StudentT.upperQuantile(0.025, degreesOfFreedom: degrees) * error
    return Creep(
      kind: isStep(values) ? .step : .creep, change: rounded(exp(total) - 1),
      interval: ChangeInterval(
        low: rounded(exp(total - reach) - 1), high: rounded(exp(total + reach) - 1)),
      perBuild: rounded(exp(fit.coefficient) - 1), p: rounded(p), builds: places.count)
  }

  /// Whether one jump leaves less unexplained than a line: half of it or less.
  private func isStep(_ values: [Double]) -> Bool {
    func squares(_ part: ArraySlice<Double>) -> Double {
      let mean = part.reduce(0, +) / Double(part.count)
      return part.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    }
    let rows = values.indices.map { [Double($0), 1] }
    guard let model = LinearModel(rows: rows) else { return false }
    let line = model.fit(values, column: 0).residuals.reduce(0) { $0 + $1 * $1 }
    let jump = (1..<values.count).map { squares(values[..<$0]) + squares(values[$0...]) }.min()
    return (jump ?? .infinity) < 0.5 * line
  }
}
