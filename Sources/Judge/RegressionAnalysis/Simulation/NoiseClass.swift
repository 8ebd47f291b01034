/// How noisy a class of test benches is.
package enum NoiseClass: String, Codable, Sendable, CaseIterable {
  case quiet
  case typical
  case noisy

  /// Standard deviation between boots, relative, of a median.
  package var bootDeviation: Double {
    switch self {
    case .quiet: 0.005
    case .typical: 0.01
    case .noisy: 0.03
    }
  }

  /// Standard deviation between the iterations of a boot, relative, of a median.
  package var iterationDeviation: Double { 2 * bootDeviation }
}
