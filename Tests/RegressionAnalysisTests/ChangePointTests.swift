import Testing

@testable import RegressionAnalysis

/// Series whose change points are known.
@Suite struct ChangePointTests {
  private func noise(_ count: Int, seed: UInt64, level: Double = 0, deviation: Double = 1)
    -> [Double]
  {
    var random = SeededGenerator(seed: seed)
    return (0..<count).map { _ in level + deviation * random.normal() }
  }

  /// Annual flow of the Nile at Aswan, 1871 to 1970 (Cobb 1978): less from 1899 on.
  @Test func theNileFell() throws {
    let flow: [Double] = [
      1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935, 1110, 994, 1020, 960,
      1180, 799, 958, 1140, 1100, 1210, 1150, 1250, 1260, 1220, 1030, 1100, 774, 840, 874, 694,
      940, 833, 701, 916, 692, 1020, 1050, 969, 831, 726, 456, 824, 702, 1120, 1100, 832, 764, 821,
      768, 845, 864, 862, 698, 845, 744, 796, 1040, 759, 781, 865, 845, 944, 984, 897, 822, 1010,
      771, 676, 649, 846, 812, 742, 801, 1040, 860, 874, 848, 890, 744, 749, 838, 1050, 918, 986,
      797, 923, 975, 815, 1020, 906, 901, 1170, 912, 746, 919, 718, 714, 740,
    ]
    let found = ChangePointFinder().changePoints(flow)
    #expect(found.map(\.index) == [28])
    let change = try #require(found.first)
    #expect(change.before == 1130 && change.after == 842.5)
    #expect(change.p == 0.005)
  }

  @Test func stepsAreFoundWhereTheyAre() {
    let series =
      noise(30, seed: 1) + noise(25, seed: 2, level: 5) + noise(20, seed: 3, level: 1)
    let found = ChangePointFinder().changePoints(series)
    #expect(found.count == 2)
    for (change, truth) in zip(found, [30, 55]) { #expect(abs(change.index - truth) <= 1) }
  }

  @Test func aChangeOfSpreadAloneIsFound() {
    let series = noise(60, seed: 4, deviation: 0.2) + noise(60, seed: 5, deviation: 3)
    let found = ChangePointFinder().changePoints(series)
    #expect(found.count == 1)
    #expect(abs((found.first?.index ?? 0) - 60) <= 6)
  }

  @Test func noiseHasNone() {
    let alarms = (100..<150).filter {
      !ChangePointFinder(permutations: 99).changePoints(noise(30, seed: $0)).isEmpty
    }
    #expect(alarms.count <= 3)
  }

  @Test func oneOutlierIsNoChange() {
    var series = noise(40, seed: 6)
    series[20] = 50
    #expect(ChangePointFinder().changePoints(series).isEmpty)
  }

  @Test func constantAndShortSeriesHaveNone() {
    #expect(ChangePointFinder().changePoints([Double](repeating: 3, count: 40)).isEmpty)
    #expect(ChangePointFinder().changePoints([1, 2, 3]).isEmpty)
    #expect(ChangePointFinder().changePoints([]).isEmpty)
  }

  @Test func missingValuesKeepTheirPlaces() {
    var series = noise(20, seed: 7) + noise(20, seed: 8, level: 9)
    series.insert(.nan, at: 3)
    series.insert(.infinity, at: 30)
    #expect(ChangePointFinder().changePoints(series).map(\.index) == [21])
  }

  /// Energy distance by its definition, for each split of a stretch, in any order of its values.
  @Test(arguments: [10, 11, 47])
  func aSplitIsTheOneOfTheDefinition(count: Int) throws {
    // Levels far from zero, and many equal values.
    let values = noise(count, seed: UInt64(count), level: 1000).map { ($0 * 4).rounded() / 4 }
    var random = SimulationRandom(seed: 3)
    for stretch in [
      SeriesStretch(values[...]), SeriesStretch(values[...]).shuffled(using: &random),
    ] {
      let sorted = values.sorted()
      let series = stretch.ranks.map { sorted[$0] }
      func mean(_ left: ArraySlice<Double>, _ right: ArraySlice<Double>, pairs: Int) -> Double {
        left.reduce(0) { sum, one in sum + right.reduce(0) { $0 + abs($1 - one) } } / Double(pairs)
      }
      let strengths = (5...count - 5).map { index -> Double in
        let (left, right) = (series[..<index], series[index...])
        let (m, n) = (left.count, right.count)
        let distance =
          2 * mean(left, right, pairs: m * n) - mean(left, left, pairs: m * (m - 1))
          - mean(right, right, pairs: n * (n - 1))
        return Double(m * n) / Double(m + n) * distance
      }
      let best = try #require(strengths.max())
      // Parts that are nearer to one another than to themselves are no split.
      guard best > 0 else {
        #expect(stretch.bestSplit(minimum: 5) == nil)
        continue
      }
      let found = try #require(stretch.bestSplit(minimum: 5))
      #expect(abs(found.strength - best) < 1e-9 * best)
      #expect(abs(strengths[found.index - 5] - best) < 1e-9 * best)
    }
    #expect(SeriesStretch(values[1..<10]).bestSplit(minimum: 5) == nil)
  }

  @Test func theSameSeriesHasTheSameChangePoints() {
    let series = noise(50, seed: 9) + noise(50, seed: 10, level: 0.8)
    #expect(
      ChangePointFinder().changePoints(series) == ChangePointFinder().changePoints(series))
  }
}
