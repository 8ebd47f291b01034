import Foundation

/// SplitMix64 (Steele, Lea, Flood 2014): a seed gives the same numbers on every machine.
package struct SimulationRandom: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// - Parameters:
  ///   - seed: of the whole simulation.
  ///   - stream: of one experiment; streams of one seed are unrelated.
  package init(seed: UInt64, stream: UInt64 = 0) {
    var start = SimulationRandom(state: seed)
    state = start.next() ^ (stream &* 0xd134_2543_de82_ef95)
    state = next()
  }

  private init(state: UInt64) { self.state = state }

  package mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// Evenly spread over 0..<1.
  package mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// What a standard normal is multiplied by for Student's t with 4 degrees of freedom and variance 1.
  mutating func heavyScale() -> Double {
    // Chi-squared with 4 degrees of freedom: twice the sum of two exponentials.
    let chi = -2 * log((1 - uniform()) * (1 - uniform()))
    return (4 / chi / 2).squareRoot()
  }

  /// Standard normal, by Box and Muller.
  package mutating func normal() -> Double {
    (-2 * log(1 - uniform())).squareRoot() * cos(2 * .pi * uniform())
  }
}
