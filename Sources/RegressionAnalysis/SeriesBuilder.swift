import Foundation
import LatencyHistograms
import RunRecords

/// Turns the runs of both arms into series: which statistics can be compared, and their values.
struct SeriesBuilder {
  let runs: [PlacedRun]
  let policy: VerdictPolicy
  /// Probes that were not attached in one way.
  let mixtures: [ProbeMixture]

  /// All series, ordered by metric and statistic.
  func build() -> [Series] {
    var keys: Set<SeriesKey> = []
    for run in runs {
      keys.formUnion(run.index.histograms.keys)
      keys.formUnion(run.index.scalars.keys)
    }
    let known = keys.map { (id: identity($0), rank: $0.isScalar ? 1 : 0, key: $0) }
    return known.sorted { ($0.id, $0.rank) < ($1.id, $1.rank) }
      .flatMap { $0.key.isScalar ? [scalarSeries($0.key)] : histogramSeries($0.key) }
  }

  // MARK: Identity and refusals common to all statistics

  private func identity(_ key: SeriesKey) -> MetricID {
    // A scalar is the workload's own number, whatever the probes beside it.
    var id = MetricID(name: key.name, phase: key.phase, labels: key.labels, unit: key.unit)
    guard !key.isScalar else { return id }
    for run in runs {
      guard let probe = run.index.probe(of: key.name), probe.status == .loaded else { continue }
      id.tier = run.index.tier(of: probe)
      id.rung = probe.rung
      break
    }
    return id
  }

  private func refusal(_ key: SeriesKey) -> Series.Refusal? {
    if !key.isScalar {
      if let refusal = probeRefusal(key) { return refusal }
      if let mixture = mixture(of: key), !policy.allowsMixed {
        return invalid("\(mixture.description): \(ProbeMixture.remedy)")
      }
    }
    for run in runs {
      for mark in run.index.record.invalid {
        let whole = mark.metric == nil && mark.probe == nil
        let probe = mark.probe != nil && mark.probe == MetricID.probe(ofMetric: key.name)
        if whole || mark.metric == key.name || (probe && !key.isScalar) {
          return invalid("run \(run.index.record.id): \(mark.reason)")
        }
      }
      if !key.isScalar, let loss = lossProblem(key, run.index) { return invalid(loss) }
    }
    return nil
  }

  private func invalid(_ reason: String) -> Series.Refusal {
    Series.Refusal(outcome: .invalid, reason: reason, blocks: true)
  }

  private func probeRefusal(_ key: SeriesKey) -> Series.Refusal? {
    for run in runs {
      guard let probe = run.index.probe(of: key.name), probe.status != .loaded else { continue }
      let why = probe.reason.map { ": \($0)" } ?? ""
      let text = "probe \(probe.name) \(probe.status.rawValue) in run \(run.index.record.id)\(why)"
      return run.isCandidate
        ? Series.Refusal(outcome: .probeLost, reason: text, blocks: true) : invalid(text)
    }
    return nil
  }

  private func mixture(of key: SeriesKey) -> ProbeMixture? {
    let probe = MetricID.probe(ofMetric: key.name)
    return mixtures.first { $0.probe == probe }
  }

  private func lossProblem(_ key: SeriesKey, _ run: RunIndex) -> String? {
    guard let loss = run.losses[RunIndex.Source(metric: key.name, phase: key.phase)],
      loss.lost > policy.lossAllowance, loss.lossShare > policy.lossLimit
    else { return nil }
    return "run \(run.record.id) lost \(percent(loss.lossShare)) of the operations "
      + "(limit \(percent(policy.lossLimit)))"
  }

  // MARK: Scalars

  private func scalarSeries(_ key: SeriesKey) -> Series {
    var series = Series(id: identity(key), statistic: .value, threshold: policy.valueThreshold)
    let directions = Set(runs.compactMap { $0.index.better[key] })
    series.worse = directions.contains(.higher) ? -1 : 1
    series.refusal = refusal(key)
    if series.refusal != nil { return series }
    if directions.count > 1 {
      series.refusal = invalid("some runs say lower is better, others higher")
      return series
    }
    var perRun: [[Double]] = []
    for run in runs {
      let values = run.index.scalars[key] ?? []
      if values.contains(where: { !$0.isFinite }) {
        series.refusal = invalid("run \(run.index.record.id) has a value that is not a number")
        return series
      }
      perRun.append(values)
    }
    for isCandidate in [false, true]
    where !zip(runs, perRun).contains(where: { $0.isCandidate == isCandidate && !$1.isEmpty }) {
      series.refusal = invalid("no \(isCandidate ? "candidate" : "reference") run has a value")
      return series
    }
    if perRun.allSatisfy({ $0.allSatisfy { $0 == 0 } }) {
      series.values = perRun.map { $0.isEmpty ? nil : 0 }
      series.note = "0 in every run"
      series.isAllZero = true
      return series
    }
    if perRun.contains(where: { $0.contains { $0 <= 0 } }) {
      series.refusal = Series.Refusal(
        outcome: .notMeasurable, reason: "some values are 0 or below: no relative change",
        blocks: true)
      return series
    }
    fill(&series, perRun.map { $0.map(log) })
    return series
  }

  // MARK: Histograms

  private func histogramSeries(_ key: SeriesKey) -> [Series] {
    let id = identity(key)
    let quantiles = policy.quantiles.map {
      Series(id: id, statistic: .quantile($0.probability), threshold: $0.threshold)
    }
    func refused(_ refusal: Series.Refusal) -> [Series] {
      quantiles.map {
        var series = $0
        series.refusal = refusal
        return series
      }
    }
    var data: [[LatencyHistogram]] = []
    for run in runs {
      do throws(HistogramError) {
        data.append(try run.index.iterationHistograms(key))
      } catch {
        return refused(refusal(key) ?? invalid("run \(run.index.record.id): \(error)"))
      }
    }
    let merged = data.map { histograms in
      histograms.reduce(into: LatencyHistogram()) { $0.merge($1) }
    }
    let total = merged.map { Double($0.count) }
    var rate = Series(id: id, statistic: .rate, threshold: policy.rateThreshold)
    // Losses of a handful of operations are no news where nothing is measurable anyway.
    let sampled = policy.quantiles.contains { quantile in
      zip(runs, total).contains { enough($1, quantile.probability, in: $0.index, key) == nil }
    }
    if let refusal = refusal(key), sampled || refusal.outcome == .probeLost {
      return refused(refusal)
    }
    if let refusal = silence(total) { return refused(refusal) }
    fill(&rate, data.map { $0.map { log(max(Double($0.count), 0.5)) } })
    rate.shift = ShiftFunction.points(
      merged, isCandidate: runs.map(\.isCandidate), policy: policy)
    let moved = meanDifference(rate.values)
    if abs(moved) > log(1 + policy.rateThreshold),
      let tail = tailSeries(id, key, data: data, merged: merged)
    {
      rate.note = "event rate moved by \(percent(exp(moved) - 1)): tail mass is judged instead"
      return [rate, tail]
    }
    return [rate]
      + quantiles.map { series in
        quantileSeries(series, key, data: data, merged: merged)
      }
  }

  /// A metric that has events in one arm only.
  private func silence(_ total: [Double]) -> Series.Refusal? {
    let reference = zip(runs, total).filter { !$0.0.isCandidate }.map(\.1)
    let candidate = zip(runs, total).filter { $0.0.isCandidate }.map(\.1)
    let needed = 2 * policy.minimumTailEvents
    if candidate.allSatisfy({ $0 == 0 }), reference.allSatisfy({ $0 >= needed }) {
      return invalid("no event in any candidate run")
    }
    if reference.allSatisfy({ $0 == 0 }) || candidate.allSatisfy({ $0 == 0 }) {
      let arm = reference.allSatisfy { $0 == 0 } ? "reference" : "candidate"
      return Series.Refusal(
        outcome: .notMeasurable, reason: "no event in any \(arm) run", blocks: false)
    }
    return nil
  }

  /// Nil when a run's quantile can be told; else why not.
  private func enough(
    _ events: Double, _ probability: Double, in run: RunIndex, _ key: SeriesKey
  ) -> String? {
    let beyond = min(probability, 1 - probability)
    guard events * beyond >= policy.minimumTailEvents * (1 - 1e-9) else {
      let needed = Int((policy.minimumTailEvents / beyond).rounded())
      return "run \(run.record.id) has \(Int(events)) events, \(needed) are needed"
    }
    let source = RunIndex.Source(metric: key.name, phase: key.phase)
    if let loss = run.losses[source] {
      let open = Double(loss.censored) + Double(loss.clamped)
      if open > Double(run.events[source] ?? 0) * (1 - probability) / 10 {
        return "run \(run.record.id): \(Int(open)) operations had not ended when measuring did"
      }
    }
    return nil
  }

  private func quantileSeries(
    _ series: Series, _ key: SeriesKey, data: [[LatencyHistogram]], merged: [LatencyHistogram]
  ) -> Series {
    guard case .quantile(let probability) = series.statistic else { return series }
    var series = series
    var short: [(isCandidate: Bool, reason: String)] = []
    for (run, histogram) in zip(runs, merged) {
      if let reason = enough(Double(histogram.count), probability, in: run.index, key) {
        short.append((run.isCandidate, reason))
      }
    }
    if let first = short.first {
      series.refusal = Series.Refusal(
        outcome: .notMeasurable, reason: first.reason,
        blocks: !short.contains { !$0.isCandidate })
      return series
    }
    let needed = policy.minimumTailEvents / min(probability, 1 - probability)
    let perIteration = data.allSatisfy { $0.allSatisfy { Double($0.count) >= needed * (1 - 1e-9) } }
    let sources = perIteration ? data : merged.map { [$0] }
    fill(&series, sources.map { $0.compactMap { $0.logQuantile(probability) } })
    let binomial = merged.compactMap { quantileError($0, probability) }
    series.samplingVariance = max(series.samplingVariance, pow(median(binomial) ?? 0, 2))
    series.resolution = median(merged.compactMap { $0.resolution(at: probability) }) ?? 0
    if let hz = runs.lazy.compactMap(\.index.counterHz).min(),
      let lowest = merged.compactMap({ $0.quantile(probability) }).min(), key.unit == "ns"
    {
      let tick = 1e9 / hz
      guard lowest >= 16 * tick else {
        series.refusal = Series.Refusal(
          outcome: .notMeasurable,
          reason: "below 16 ticks (\(Int(16 * tick)) ns) of the device's counter", blocks: false)
        return series
      }
      series.resolution = max(series.resolution, tick / lowest)
    }
    return series
  }

  /// Half the spread of the quantile over plus and minus one binomial standard error.
  private func quantileError(_ histogram: LatencyHistogram, _ probability: Double) -> Double? {
    let h = (probability * (1 - probability) / Double(max(histogram.count, 1))).squareRoot()
    guard let low = histogram.logQuantile(max(probability - h, 1e-9)),
      let high = histogram.logQuantile(min(probability + h, 1))
    else { return nil }
    return (high - low) / 2
  }

  /// Events above the highest quantile that the reference can tell; nil when it can tell none.
  private func tailSeries(
    _ id: MetricID, _ key: SeriesKey, data: [[LatencyHistogram]], merged: [LatencyHistogram]
  ) -> Series? {
    let reference = zip(runs, merged).filter { !$0.0.isCandidate }
    let measurable = policy.quantiles.map(\.probability).sorted().last { probability in
      reference.allSatisfy { run, histogram in
        enough(Double(histogram.count), probability, in: run.index, key) == nil
      }
    }
    guard let probability = measurable else { return nil }
    let edges = reference.compactMap { $0.1.logQuantile(probability) }
    let edge = exp(edges.reduce(0, +) / Double(max(edges.count, 1)))
    var series = Series(id: id, statistic: .tail, threshold: policy.tailThreshold)
    series.note =
      "events per iteration above the reference's "
      + "\(Statistic.quantile(probability).text) (\(rounded(edge)) \(key.unit))"
    fill(&series, data.map { $0.map { log(max($0.tail(above: edge), 0.5)) } })
    let counts = merged.map { 1 / max($0.tail(above: edge), 1) }
    series.samplingVariance = max(series.samplingVariance, median(counts) ?? 0)
    return series
  }

  // MARK: From iterations to runs

  /// Fills in one Huber location per run and the variance that iterations alone explain.
  private func fill(_ series: inout Series, _ perRun: [[Double]]) {
    series.values = perRun.map { huberLocation($0) }
    series.iterations = median(perRun.filter { !$0.isEmpty }.map { Double($0.count) }) ?? 0
    let within = perRun.compactMap(sampleVariance)
    if let typical = median(within) {
      // One disturbed run does not speak for all.
      let drawn = within.reduce(0) { $0 + min($1, 4 * typical) }
      series.withinVariance = drawn / Double(within.count)
    }
    let repeated = perRun.filter { $0.count >= 3 }
    if let deviation = median(repeated.map(scaledMAD)),
      let count = median(repeated.map { Double($0.count) })
    {
      series.samplingVariance = deviation * deviation / count
    }
  }

  /// Mean of the candidate's values less mean of the reference's.
  private func meanDifference(_ values: [Double?]) -> Double {
    func mean(_ isCandidate: Bool) -> Double {
      let arm = zip(runs, values).filter { $0.0.isCandidate == isCandidate }.compactMap(\.1)
      return arm.reduce(0, +) / Double(max(arm.count, 1))
    }
    return mean(true) - mean(false)
  }
}
