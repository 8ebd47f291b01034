import AgentSession
import Catalogs
import RunRecords

extension PhaseRecord {
  /// Adds what the agent's metrics, by their id, gave in a window.
  /// - Throws: ``RunError/badKey(probe:metric:bytes:expected:)``.
  mutating func add(
    _ result: PhaseResult, of metrics: [UInt32: ProbeLoader.Metric], resolve: Resolve
  ) throws {
    for histogram in result.histograms {
      try add(
        KeyedResult(
          key: histogram.key, name: histogram.labelName,
          value: .histogram(
            count: histogram.count, sum: histogram.sum, max: histogram.max,
            buckets: histogram.buckets.map { [UInt64($0.index), $0.count] })),
        of: metrics[histogram.metricID], resolve: resolve)
    }
    for count in result.counts {
      try add(
        KeyedResult(
          key: count.key, name: count.labelName,
          value: .counter(count: count.count, sum: count.sum)),
        of: metrics[count.metricID], resolve: resolve)
    }
    for (id, found) in Dictionary(grouping: result.stacks, by: \.metricID) {
      guard let metric = metrics[id] else { continue }
      for (key, stacks) in Dictionary(grouping: found, by: \.key) {
        guard let labels = metric.metric.labels(ofKey: key, resolve: resolve) else {
          throw RunError.badKey(
            probe: metric.probe, metric: metric.metric.name, bytes: key.count,
            expected: metric.metric.keySize)
        }
        self.stacks.append(StacksRecord(stacks, of: metric.metric, labels))
      }
    }
    let rows = Dictionary(grouping: result.rows, by: \.metricID)
    for counters in result.counters {
      guard let metric = metrics[counters.metricID]?.metric else { continue }
      losses.append(LossRecord(metric.name, counters))
      add(
        rows: rows[counters.metricID]?.flatMap(\.rows) ?? [], recorded: counters.recorded,
        of: metric, resolve: resolve)
    }
  }

  private mutating func add(
    _ result: KeyedResult, of metric: ProbeLoader.Metric?, resolve: Resolve
  ) throws {
    guard let metric, !add(result, of: metric.metric, resolve: resolve) else { return }
    throw RunError.badKey(
      probe: metric.probe, metric: metric.metric.name, bytes: result.key.count,
      expected: metric.metric.keySize)
  }
}

extension StacksRecord {
  /// Those with the largest sums first.
  fileprivate init(_ stacks: [AgentStack], of metric: ProbeMetric, _ labels: [String: String]) {
    self.init(
      metric: metric.name, labels: labels, unit: metric.unit,
      stacks: stacks.sorted {
        ($0.sum, $0.count, $0.kernel.count) > ($1.sum, $1.count, $1.kernel.count)
      }.map { stack in
        Stack(
          count: stack.count, sum: stack.sum,
          kernel: stack.kernel.map { String($0, radix: 16) },
          user: stack.user.map { frame in
            // Kernels take the next mapping for that of an address between two: its offset is below 0.
            Frame(
              buildID: Int64(bitPattern: frame.address) < 0 ? nil : frame.buildID,
              address: String(frame.address, radix: 16))
          })
      },
      dropped: stacks.filter(\.isLost).reduce(0) { $0 &+ $1.count })
  }
}

extension LossRecord {
  fileprivate init(_ metric: String, _ counters: AgentCounters) {
    self.init(
      metric: metric, started: counters.started, recorded: counters.recorded,
      overwritten: counters.overwritten, cancelled: counters.cancelled,
      beforeWindow: counters.beforeWindow, afterWindow: counters.afterWindow,
      noStart: counters.noStart, stale: counters.stale, nullStorage: counters.nullStorage,
      mapFull: counters.mapFull, clamped: counters.clamped, excluded: counters.excluded,
      negative: counters.negative, censored: counters.censored,
      censoredAgeSumNs: counters.censoredAgeSum)
  }
}
