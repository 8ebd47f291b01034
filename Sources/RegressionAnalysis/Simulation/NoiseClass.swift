/// How noisy a class of test benches is.
package enum NoiseClass: String, Codable, Sendable, CaseIterable {
  case quiet
  case typical
  /// About 3% between boots and 6% between iterations over the quantiles judged.
  case noisy
  /// As much noise in medians as ``noisy`` has in p99: no bench to gate on.
  case harsh

  /// Standard deviation between boots, relative, of a median.
  package var bootDeviation: Double {
    switch self {
    case .quiet: 0.005
    case .typical: 0.01
    case .noisy: 0.02
    case .harsh: 0.03
    }
  }

  /// Standard deviation between the iterations of a boot, relative, of a median.
  package var iterationDeviation: Double { 2 * bootDeviation }

  /// Noise of p50, p90 and p99 in terms of the median's.
  package var quantileFactors: [Double] { self == .noisy ? [1, 1.2, 1.5] : [1, 1.4, 2] }
}
