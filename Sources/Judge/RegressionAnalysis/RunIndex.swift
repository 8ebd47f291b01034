import LatencyHistograms
import RunRecords

/// A metric of a run, before its rung is known.
struct SeriesKey: Hashable {
  var name: String
  var phase: String
  var labels: [String: String]
  var unit: String
  var isScalar: Bool
}

/// One run's judged iterations, by metric. A class, as every series asks every run: a copy would
/// retain all of its tables.
final class RunIndex {
  /// A metric and phase, all labels together: what losses are counted for.
  struct Source: Hashable {
    var metric: String
    var phase: String
  }

  let record: RunRecord
  /// Per metric, the histogram of every judged iteration that had its phase, absent ones nil.
  private(set) var histograms: [SeriesKey: [HistogramRecord]] = [:]
  private(set) var scalars: [SeriesKey: [Double]] = [:]
  private(set) var better: [SeriesKey: ScalarRecord.Better] = [:]
  private(set) var losses: [Source: LossRecord] = [:]
  /// Events per metric and phase over all labels.
  private(set) var events: [Source: UInt64] = [:]
  /// Judged iterations that had the phase.
  private(set) var iterationsWithPhase: [String: Int] = [:]
  private(set) var measured = 0
  private(set) var dropped = 0
  /// Hz of the device's time counter; nil if no iteration says.
  private(set) var counterHz: Double?

  init(_ record: RunRecord) {
    self.record = record
    for iteration in record.iterations where iteration.kind == .measured {
      measured += 1
      guard iteration.isJudged else {
        dropped += 1
        continue
      }
      if let hz = iteration.covariates["counter_hz"], hz > 0, hz.isFinite { counterHz = hz }
      for phase in iteration.phases { add(phase) }
    }
  }

  private func add(_ phase: PhaseRecord) {
    iterationsWithPhase[phase.name, default: 0] += 1
    for histogram in phase.histograms {
      let key = SeriesKey(
        name: histogram.metric, phase: phase.name, labels: histogram.labels, unit: histogram.unit,
        isScalar: false)
      histograms[key, default: []].append(histogram)
      events[Source(metric: histogram.metric, phase: phase.name), default: 0] &+= histogram.count
    }
    for scalar in phase.scalars {
      let key = SeriesKey(
        name: scalar.metric, phase: phase.name, labels: [:], unit: scalar.unit, isScalar: true)
      scalars[key, default: []].append(scalar.value)
      better[key] = scalar.better
    }
    for loss in phase.losses {
      let source = Source(metric: loss.metric, phase: phase.name)
      losses[source] = (losses[source] ?? LossRecord(metric: loss.metric)).adding(loss)
    }
  }

  /// Status of the probe that emits a metric; nil when no such probe was requested.
  func probe(of metric: String) -> ProbeRecord? {
    let name = MetricID.probe(ofMetric: metric)
    return record.probes.first { $0.name == name }
  }

  /// Operations that are known only to have taken longer than what was recorded.
  func openOperations(_ source: Source) -> Double {
    losses[source].map { Double($0.censored) + Double($0.clamped) } ?? 0
  }

  /// Whether so many are open that a quantile may be one of theirs.
  func isCensored(_ source: Source, _ probability: Double) -> Bool {
    openOperations(source) > Double(events[source] ?? 0) * (1 - probability) / 10
  }

  /// The metric's histograms, an empty one for iterations whose phase had no event of it.
  /// - Throws: ``HistogramError`` for buckets that cannot be.
  func iterationHistograms(_ key: SeriesKey) throws(HistogramError) -> [LatencyHistogram] {
    var result: [LatencyHistogram] = []
    result.reserveCapacity(iterationsWithPhase[key.phase] ?? 0)
    for record in histograms[key] ?? [] { result.append(try record.histogram()) }
    while result.count < iterationsWithPhase[key.phase] ?? 0 { result.append(LatencyHistogram()) }
    return result
  }
}

extension LossRecord {
  /// Both counts together; only the fields that judging reads.
  fileprivate func adding(_ other: LossRecord) -> LossRecord {
    var result = self
    result.recorded &+= other.recorded
    result.overwritten &+= other.overwritten
    result.noStart &+= other.noStart
    result.nullStorage &+= other.nullStorage
    result.mapFull &+= other.mapFull
    result.negative &+= other.negative
    result.clamped &+= other.clamped
    result.censored &+= other.censored
    return result
  }
}
