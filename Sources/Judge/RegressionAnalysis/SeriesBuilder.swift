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
      .flatMap { $0.key.isScalar ? scalarSeries($0.key) : histogramSeries($0.key) }
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
      guard let probe = run.index.probe(of: key.name) else { continue }
      let text: String
      if probe.status != .loaded {
        let why = probe.reason.map { ": \($0)" } ?? ""
        text = "probe \(probe.name) \(probe.status.rawValue) in run \(run.index.record.id)\(why)"
      } else if let why = probe.unsupported?[key.name] {
        text = "\(key.name) unsupported in run \(run.index.record.id): \(why)"
      } else {
        continue
      }
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

  private func scalarSeries(_ key: SeriesKey) -> [Series] {
    var series = Series(id: identity(key), statistic: .value, threshold: policy.valueThreshold)
    let directions = Set(runs.compactMap { $0.index.better[key] })
    series.worse = directions.contains(.higher) ? -1 : 1
    let perRun = runs.map { $0.index.scalars[key] ?? [] }
    series.refusal = refusal(key) ?? scalarRefusal(perRun, directions: directions.count)
    if series.refusal != nil { return [series] }
    if perRun.allSatisfy({ $0.allSatisfy { $0 == 0 } }) {
      series.values = perRun.map { $0.isEmpty ? nil : 0 }
      series.note = "0 in every run"
      series.isAllZero = true
      return [series]
    }
    return filled(series, perRun.map { $0.map(log) })
  }

  private func scalarRefusal(_ perRun: [[Double]], directions: Int) -> Series.Refusal? {
    if directions > 1 { return invalid("some runs say lower is better, others higher") }
    for (run, values) in zip(runs, perRun) where values.contains(where: { !$0.isFinite }) {
      return invalid("run \(run.index.record.id) has a value that is not a number")
    }
    for isCandidate in [false, true]
    where !zip(runs, perRun).contains(where: { $0.isCandidate == isCandidate && !$1.isEmpty }) {
      return invalid("no \(isCandidate ? "candidate" : "reference") run has a value")
    }
    let isZero = perRun.allSatisfy { $0.allSatisfy { $0 == 0 } }
    if !isZero, perRun.contains(where: { $0.contains { $0 <= 0 } }) {
      return Series.Refusal(
        outcome: .notMeasurable, reason: "some values are 0 or below: no relative change",
        blocks: true)
    }
    return nil
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
    // Losses of a few operations need no report where nothing is measurable anyway.
    let sampled = policy.quantiles.contains { quantile in
      zip(runs, total).contains { shortage($1, quantile.probability, in: $0.index, key) == nil }
    }
    if let refusal = refusal(key), sampled || refusal.outcome == .probeLost {
      return refused(refusal)
    }
    if let refusal = silence(total) { return refused(refusal) }
    fill(&rate, data.map { $0.map { log(max(Double($0.count), 0.5)) } })
    rate.shift = ShiftFunction.points(
      merged, isCandidate: runs.map(\.isCandidate), policy: policy)
    rate.shape = ShapeChange.clearest(
      merged, isCandidate: runs.map(\.isCandidate), policy: policy)
    let moved = meanDifference(rate.values)
    let hasMoved = abs(moved) > log(1 + policy.rateThreshold)
    var all = quantiles.flatMap {
      quantileSeries($0, key, data: data, merged: merged, rateMoved: hasMoved)
    }
    if hasMoved {
      rate.note =
        "event rate moved by \(percent(exp(moved) - 1)): judged by what that cannot explain, and by "
        + "the events in the tail"
      all += tailSeries(id, key, data: data, merged: merged)
    }
    return [rate] + all + meanSeries(id, beside: all, data: data, merged: merged)
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

  /// Nil when a run's quantile can be measured; else why not.
  private func shortage(
    _ events: Double, _ probability: Double, in run: RunIndex, _ key: SeriesKey
  ) -> String? {
    guard policy.suffices(events, for: probability) else {
      let needed = policy.eventsNeeded(for: probability)
      return "run \(run.record.id) has \(Int(events)) events, \(Int(needed.rounded())) are needed"
    }
    let source = RunIndex.Source(metric: key.name, phase: key.phase)
    if run.isCensored(source, probability) {
      let open = Int(min(run.openOperations(source), 1e15))
      return "run \(run.record.id): \(open) operations had not ended when measuring did"
    }
    return nil
  }

  /// Whether every iteration has a quantile of its own; else those of a run are merged.
  private func isPerIteration(_ data: [[LatencyHistogram]], _ probability: Double) -> Bool {
    data.allSatisfy { iterations in
      iterations.allSatisfy { policy.sufficesAlone(Double($0.count), for: probability) }
    }
  }

  private func quantileSeries(
    _ series: Series, _ key: SeriesKey, data: [[LatencyHistogram]], merged: [LatencyHistogram],
    rateMoved: Bool
  ) -> [Series] {
    guard case .quantile(let probability) = series.statistic else { return [series] }
    var series = series
    var short: [(isCandidate: Bool, reason: String)] = []
    for (run, histogram) in zip(runs, merged) {
      if let reason = shortage(Double(histogram.count), probability, in: run.index, key) {
        short.append((run.isCandidate, reason))
      }
    }
    if let first = short.first {
      series.refusal = Series.Refusal(
        outcome: .notMeasurable, reason: first.reason,
        blocks: !short.contains { !$0.isCandidate })
      return [series]
    }
    let binomial = merged.compactMap { quantileError($0, probability) }
    series.samplingVariance = pow(median(binomial) ?? 0, 2)
    series.resolution = median(merged.compactMap { $0.resolution(at: probability) }) ?? 0
    if let hz = runs.lazy.compactMap(\.index.counterHz).min(),
      let lowest = merged.compactMap({ $0.quantile(probability) }).min(), key.unit == "ns"
    {
      let tick = 1e9 / hz
      guard lowest >= 16 * tick else {
        series.refusal = Series.Refusal(
          outcome: .notMeasurable,
          reason: "below 16 ticks (\(Int(min(16 * tick, 1e15))) ns) of the device's counter",
          blocks: false)
        return [series]
      }
      series.resolution = max(series.resolution, tick / lowest)
    }
    let sources = isPerIteration(data, probability) ? data : merged.map { [$0] }
    let values = sources.map { $0.compactMap { $0.logQuantile(probability) } }
    // Of iterations with other events nothing is worse or better by itself: their tail is judged.
    guard !rateMoved else {
      series.common = commonPart(merged, probability)
      fill(&series, values)
      return [series]
    }
    return filled(series, values)
  }

  /// The mean of all events, where no quantile sees a tail: events are too few, or the suite asks for
  /// none (``VerdictPolicy/isGuard(_:)``).
  private func meanSeries(
    _ id: MetricID, beside others: [Series], data: [[LatencyHistogram]],
    merged: [LatencyHistogram]
  ) -> [Series] {
    let seesTail = others.contains { one in
      guard case .quantile(let probability) = one.statistic else { return false }
      return VerdictPolicy.seesTail(probability) && one.refusal == nil
    }
    guard !seesTail, merged.allSatisfy({ Double($0.count) >= policy.minimumEvents })
    else { return [] }
    var series = Series(id: id, statistic: .mean, threshold: policy.valueThreshold)
    let sources = isPerIteration(data, 0.5) ? data : merged.map { [$0] }
    let values = sources.map { $0.compactMap(\.mean).filter { $0 > 0 }.map(log) }
    guard values.allSatisfy({ !$0.isEmpty }) else { return [] }
    series.resolution = median(merged.compactMap { $0.resolution(at: 0.5) }) ?? 0
    guard policy.asksTail else {
      fill(&series, values)
      return [series]
    }
    return filled(series, values)
  }

  /// A quantile that no change of the rate can explain. If all the events that one arm has more of
  /// were the shortest, the candidate's quantile would have to be counted from its longest events,
  /// and the other way round; between the two, what is nearest to the reference is taken.
  private func commonPart(_ merged: [LatencyHistogram], _ probability: Double) -> [Double?] {
    let iterations = runs.map { Double(max(1, $0.index.measured - $0.index.dropped)) }
    let rates = zip(merged, iterations).map { Double($0.count) / $1 }
    let reference = zip(runs, rates).filter { !$0.0.isCandidate }.map(\.1)
    let rate = reference.reduce(0, +) / Double(max(1, reference.count))
    let levels = zip(runs, merged).filter { !$0.0.isCandidate }
      .compactMap { $0.1.logQuantile(probability) }
    let level = levels.reduce(0, +) / Double(max(1, levels.count))
    return zip(runs, zip(merged, rates)).map { run, measured in
      let (histogram, own) = measured
      guard run.isCandidate, own > 0 else { return histogram.logQuantile(probability) }
      let shares = [probability * rate / own, 1 - (1 - probability) * rate / own]
        .map { min(1, max(1e-9, $0)) }.sorted()
      guard let low = histogram.logQuantile(shares[0]),
        let high = histogram.logQuantile(shares[1])
      else { return nil }
      return min(max(level, low), high)
    }
  }

  /// Half the spread of the quantile over plus and minus one binomial standard error.
  private func quantileError(_ histogram: LatencyHistogram, _ probability: Double) -> Double? {
    let h = (probability * (1 - probability) / Double(max(histogram.count, 1))).squareRoot()
    guard let low = histogram.logQuantile(max(probability - h, 1e-9)),
      let high = histogram.logQuantile(min(probability + h, 1))
    else { return nil }
    return (high - low) / 2
  }

  /// Events above the highest quantile that the reference can place; none when it can place none.
  private func tailSeries(
    _ id: MetricID, _ key: SeriesKey, data: [[LatencyHistogram]], merged: [LatencyHistogram]
  ) -> [Series] {
    let reference = zip(runs, merged).filter { !$0.0.isCandidate }
    let measurable = policy.quantiles.map(\.probability).sorted().last { probability in
      reference.allSatisfy { run, histogram in
        shortage(Double(histogram.count), probability, in: run.index, key) == nil
      }
    }
    guard let probability = measurable else { return [] }
    let edges = reference.compactMap { $0.1.logQuantile(probability) }
    let edge = exp(edges.reduce(0, +) / Double(max(edges.count, 1)))
    var series = Series(id: id, statistic: .tail, threshold: policy.tailThreshold)
    series.note =
      "events per iteration above the reference's "
      + "\(Statistic.quantile(probability).text) (\(rounded(edge)) \(key.unit))"
    let counts = merged.map { 1 / max($0.tail(above: edge), 1) }
    series.samplingVariance = median(counts) ?? 0
    return filled(series, data.map { $0.map { log(max($0.tail(above: edge), 0.5)) } })
  }

  // MARK: From iterations to runs

  /// Iterations of a run from which its worst one is judged beside its location.
  static let leastForWorst = 3

  /// The series with its values, and the series of the worst iterations where there are enough. A
  /// robust location throws away what is slow in one iteration of five; a defect that comes and goes
  /// is just that.
  private func filled(_ series: Series, _ perRun: [[Double]]) -> [Series] {
    var series = series
    fill(&series, perRun)
    guard perRun.allSatisfy({ $0.count >= Self.leastForWorst }) else { return [series] }
    var worst = series
    worst.statistic = .worst(series.statistic)
    worst.common = nil
    worst.note = nil
    worst.values = perRun.map { series.worse > 0 ? $0.max() : $0.min() }
    return [series, worst]
  }

  /// Fills in one Huber location per run and the variance that iterations alone explain.
  private func fill(_ series: inout Series, _ perRun: [[Double]]) {
    series.values = perRun.map { huberLocation($0) }
    series.iterations = median(perRun.filter { !$0.isEmpty }.map { Double($0.count) }) ?? 0
    let within = perRun.compactMap(sampleVariance)
    if let typical = median(within) {
      // One disturbed run must not decide for all.
      let drawn = within.reduce(0) { $0 + min($1, 4 * typical) }
      series.withinVariance = drawn / Double(within.count)
    }
    let repeated = perRun.filter { $0.count >= 3 }
    if let deviation = median(repeated.map(scaledMAD)),
      let count = median(repeated.map { Double($0.count) })
    {
      series.samplingVariance = max(series.samplingVariance, deviation * deviation / count)
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
