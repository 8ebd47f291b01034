/// The looks of an experiment whose runs are all there, from the first on: what a check would have
/// seen after each pair of runs.
struct SequentialLooks {
  private let series: [Series]
  private let runs: [PlacedRun]
  private var perArm = LookLevels.firstLook - 1

  /// - Parameters:
  ///   - series: with a value, or none, for every run.
  ///   - runs: of both arms in time.
  init(series: [Series], runs: [PlacedRun]) {
    self.series = series
    self.runs = runs
  }

  /// The runs of the next look, and the series cut to them; nil after the last.
  mutating func next() -> (series: [Series], runs: [PlacedRun])? {
    perArm += 1
    var counts = [0, 0]
    for (position, run) in runs.enumerated() {
      counts[run.isCandidate ? 1 : 0] += 1
      guard counts.allSatisfy({ $0 >= perArm }) else { continue }
      let cut = series.map { one in
        var one = one
        one.values = Array(one.values.prefix(position + 1))
        one.common = one.common.map { Array($0.prefix(position + 1)) }
        return one
      }
      return (cut, Array(runs.prefix(position + 1)))
    }
    return nil
  }
}
