import RegressionAnalysis
import RunRecords

/// The iteration of a run in which a metric was worst.
struct WorstIteration: Sendable, Equatable {
  /// Its number in the record.
  let index: Int
  /// Its place among those looked at, from 1, and how many those were.
  let place: Int
  let of: Int
  /// In the metric's unit; nil where no iteration has the metric.
  let value: Double?

  /// Looks at the judged iterations whose numbers are `recorded`; nil without any.
  init?(
    of record: RunRecord, metric: MetricID, _ statistic: Statistic, recorded: (Int) -> Bool
  ) {
    let looked = record.iterations.filter { $0.isJudged && recorded($0.index) }
    guard !looked.isEmpty else { return nil }
    var worst = (place: 0, reading: Reading?.none)
    for (place, iteration) in looked.enumerated() {
      guard let reading = iteration.reading(of: metric, statistic) else { continue }
      if worst.reading.map(reading.isWorse) ?? true { worst = (place, reading) }
    }
    index = looked[worst.place].index
    place = worst.place + 1
    of = looked.count
    value = worst.reading?.value
  }

  /// What an iteration has of a metric.
  fileprivate struct Reading {
    var value: Double
    var better = ScalarRecord.Better.lower

    func isWorse(than other: Reading) -> Bool {
      better == .lower ? value > other.value : value < other.value
    }
  }
}

extension IterationRecord {
  /// A metric in this iteration; nil where it has none. For statistics that a few events cannot
  /// carry, the mean.
  fileprivate func reading(of id: MetricID, _ statistic: Statistic) -> WorstIteration.Reading? {
    guard let phase = phases.first(where: { $0.name == id.phase }) else { return nil }
    if let number = phase.scalars.first(where: { $0.metric == id.name }) {
      return .init(value: number.value, better: number.better)
    }
    // How a probe was attached is no matter here: a recording may take another way.
    let found = phase.histograms.first { $0.metric == id.name && $0.labels == id.labels }
    guard let histogram = try? found?.histogram() else { return nil }
    guard case .quantile(let quantile) = statistic.base else {
      return histogram.mean.map { .init(value: $0) }
    }
    return histogram.quantile(quantile).map { .init(value: $0) }
  }
}
