/// Values between two cuts of a series, ready to be split in any order of theirs: a permutation
/// changes ranks only, so that what depends on the values alone is computed once.
struct SeriesStretch {
  /// Position in the series of the first value.
  let start: Int
  /// Places in the order of values, by position; equal values have neighbouring ranks.
  private(set) var ranks: [Int]
  /// Distances of each value from the stretch's median, ascending: sums of small numbers lose less.
  private let sorted: [Double]
  /// By rank: sum of the distances to all other values.
  private let distances: [Double]

  init(_ values: ArraySlice<Double>) {
    start = values.startIndex
    let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
    var ranks = [Int](repeating: 0, count: values.count)
    for (rank, place) in order.enumerated() { ranks[place - values.startIndex] = rank }
    self.ranks = ranks
    let centre = order.isEmpty ? 0 : values[order[order.count / 2]]
    let sorted = order.map { values[$0] - centre }
    self.sorted = sorted
    let total = sorted.reduce(0, +)
    var below = 0.0
    distances = sorted.enumerated().map { rank, value in
      defer { below += value }
      let above = total - below - value
      return value * Double(rank) - below + above - value * Double(sorted.count - 1 - rank)
    }
  }

  /// The same values in another order.
  func shuffled(using random: inout SimulationRandom) -> SeriesStretch {
    var other = self
    other.ranks.shuffle(using: &random)
    return other
  }

  /// The split with the largest scaled energy distance, in n log n steps; nil when the stretch is
  /// too short for two parts of `minimum` values.
  func bestSplit(minimum: Int) -> (index: Int, strength: Double)? {
    let count = ranks.count
    guard count >= 2 * minimum else { return nil }
    // Sums of distances within the left part, within the right part and between them, as one
    // value after the other changes sides.
    var (left, right, between) = (0.0, distances.reduce(0, +) / 2, 0.0)
    var moved = RankSums(count: count)
    var found: (index: Int, strength: Double)?
    for (place, rank) in ranks.dropLast(minimum).enumerated() {
      let value = sorted[rank]
      let below = moved.below(rank)
      let toLeft =
        value * Double(below.count) - below.sum
        + (moved.sum - below.sum) - value * Double(place - below.count)
      let toRight = distances[rank] - toLeft
      moved.add(value, at: rank)
      left += toLeft
      right -= toRight
      between += toRight - toLeft
      guard place + 1 >= minimum else { continue }
      let m = Double(place + 1)
      let n = Double(count - place - 1)
      let distance =
        2 * between / (m * n) - 2 * left / (m * (m - 1)) - 2 * right / (n * (n - 1))
      let strength = m * n / (m + n) * distance
      if strength > found?.strength ?? 0 { found = (start + place + 1, strength) }
    }
    return found
  }
}

/// Count and sum of the values below a rank, as values come in: a binary indexed tree (Fenwick 1994).
private struct RankSums {
  /// Of all values.
  private(set) var sum = 0.0
  private var counts: [Int]
  private var sums: [Double]

  init(count: Int) {
    counts = [Int](repeating: 0, count: count + 1)
    sums = [Double](repeating: 0, count: count + 1)
  }

  mutating func add(_ value: Double, at rank: Int) {
    sum += value
    var node = rank + 1
    while node < counts.count {
      counts[node] += 1
      sums[node] += value
      node += node & -node
    }
  }

  func below(_ rank: Int) -> (count: Int, sum: Double) {
    var (count, sum) = (0, 0.0)
    var node = rank
    while node > 0 {
      count += counts[node]
      sum += sums[node]
      node -= node & -node
    }
    return (count, sum)
  }
}
