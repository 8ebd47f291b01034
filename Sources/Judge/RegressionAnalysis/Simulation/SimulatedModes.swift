/// Something that is slow now and then: the shape of real storage, thermal, lock and garbage
/// collection defects, and of many rigs.
package struct SimulatedModes: Codable, Sendable, Equatable {
  /// What is slow as a whole.
  package enum Unit: String, Codable, Sendable, CaseIterable {
    case iterations
    case boots
    /// Boots, of which the next is like the one before with probability .7 beyond chance.
    case spells
    /// So many of the iterations of every boot, rather than each by chance.
    case each
  }

  package var unit: Unit
  /// Share of units that are slow.
  package var share: Double
  /// How many times slower.
  package var factor: Double
  /// Metrics that are slow together, from the first.
  package var metrics: Int
  /// Whether all of a distribution is slow; else its p90 alone.
  package var wholeDistribution: Bool

  package init(
    unit: Unit, share: Double, factor: Double = 10, metrics: Int = 1,
    wholeDistribution: Bool = false
  ) {
    self.unit = unit
    self.share = share
    self.factor = factor
    self.metrics = metrics
    self.wholeDistribution = wholeDistribution
  }

  /// Whether a quantile (by position: p50, p90, p99) of a metric is slow in a slow unit.
  func slows(metric: Int, quantile: Int) -> Bool {
    metric < metrics && (wholeDistribution || quantile == 1)
  }

  /// Which iterations of the next boot are slow; `isSpell` says whether the boot before was, and is
  /// updated.
  func slowIterations(
    _ count: Int, isSpell: inout Bool?, using random: inout SimulationRandom
  ) -> [Bool] {
    switch unit {
    case .iterations: return (0..<count).map { _ in random.uniform() < share }
    case .each:
      let slow = Int((share * Double(count)).rounded())
      return (0..<count).map { $0 < slow }
    case .boots:
      return Array(repeating: random.uniform() < share, count: count)
    case .spells:
      let stays = random.uniform() < 0.7
      let fresh = random.uniform() < share
      let isSlow = stays ? isSpell ?? fresh : fresh
      isSpell = isSlow
      return Array(repeating: isSlow, count: count)
    }
  }
}
