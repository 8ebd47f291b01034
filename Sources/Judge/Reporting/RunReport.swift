import Foundation
import LatencyHistograms
import RegressionAnalysis
import RunRecords

/// What one run measured, without any judgement; the output of `latgate run`.
package struct RunReport: Sendable, Equatable, Encodable {
  /// One histogram metric over all judged iterations.
  package struct Metric: Sendable, Equatable, Encodable {
    /// ``MetricID/text``.
    package var metric: String
    package var unit: String
    package var rung: String
    package var count: UInt64
    /// In `unit`; nil without events.
    package var p50: Double?
    package var p90: Double?
    package var p99: Double?
    package var max: UInt64
    /// Quantiles with fewer than 50 events beyond them.
    package var uncertain: [String]
    /// Share of operations that were lost, and those still in flight at the end, over all labels
    /// of the metric in this phase; nil where nothing is known of losses, as with numbers of other
    /// programs.
    package var lossShare: Double?
    package var censored: UInt64
    /// From the lowest value to the highest.
    package var bins: [Bin]
    /// From iteration to iteration, for pictures; nil of fewer than two.
    var heat: VerdictReport.Movement.Heat?

    private enum CodingKeys: CodingKey {
      case metric, unit, rung, count, p50, p90, p99, max, uncertain, lossShare, censored, bins
    }

    /// Share of all events between `lower`, in `unit`, and the next bin's.
    package struct Bin: Sendable, Equatable, Encodable {
      package var lower: Double
      package var share: Double
    }

    /// Bins of a metric, at most.
    static let mostBins = 12
  }

  /// One number from a step's output over all judged iterations.
  package struct Scalar: Sendable, Equatable, Encodable {
    package var metric: String
    package var unit: String
    package var better: String
    package var values: [Double]
    package var median: Double
  }

  package var schema = "latgate.run-report/1"
  package var run: String
  package var created: Date
  package var device: DeviceFacts
  package var firmware: FirmwareIdentity
  /// Nil when the kernel's own types were used.
  package var btf: BTFRecord?
  package var workload: String
  /// Whose operations were measured; nil when everyone's were.
  package var scope: RunScope?
  /// Nil where no probe measured.
  package var tier: Tier?
  package var iterations: Int
  package var dropped: [String]
  package var probes: [ProbeRecord]
  package var metrics: [Metric]
  /// How operations stand to the suite's fixed limits; nil where it has none.
  package var deadlines: [VerdictReport.Deadline]?
  /// Nil where no metric counts.
  package var counters: [Counter]?
  /// Nil where no metric has rows.
  package var events: [Events]?
  /// Nil where no metric has stacks.
  package var stacks: [Stacks]?
  /// Why frames of them have no names; nil when there is nothing to say.
  package var symbolNotes: [String]?
  package var scalars: [Scalar]
  package var overhead: OverheadRecord?
  package var covariates: [CovariateSummary]
  package var invalid: [InvalidMark]
  /// Nil when the device never was away.
  package var interruptions: [InterruptionRecord]?
  /// Why the numbers say less than they seem to: too much was lost, or nothing was measured. Nil when
  /// there is nothing to say.
  package var faults: [String]?

  /// Sums up the judged iterations of a record. Of each metric the share `lossLimit` of its operations
  /// may be lost; nil: any. Its operations are counted against `limits`, of which one run does not say
  /// whether the firmware keeps them.
  package init(_ record: RunRecord, lossLimit: Double? = nil, limits: [MetricDeadline] = []) {
    run = record.id
    created = record.created
    device = record.device
    firmware = record.firmware
    btf = record.btf
    workload = record.workload
    scope = record.scope
    tier = record.probes.isEmpty ? nil : record.tier
    iterations = record.iterations.count(where: \.isJudged)
    dropped = record.iterations.filter { $0.kind == .measured }.compactMap(\.dropped)
    probes = record.probes
    overhead = record.overhead
    covariates = CovariateSummary.all([record])
    invalid = record.invalid
    interruptions = record.interruptions
    var losses: [MetricID: (lost: Double, seen: Double, censored: UInt64)] = [:]
    var numbers: [MetricID: (better: ScalarRecord.Better, values: [Double])] = [:]
    for phase in record.iterations.filter(\.isJudged).flatMap(\.phases) {
      for loss in phase.losses {
        let id = MetricID(name: loss.metric, phase: phase.name)
        let old = losses[id] ?? (0, 0, 0)
        losses[id] = (
          old.lost + Double(loss.lost), old.seen + Double(loss.recorded) + Double(loss.lost),
          old.censored &+ loss.censored
        )
      }
      for scalar in phase.scalars {
        let id = MetricID(name: scalar.metric, phase: phase.name, unit: scalar.unit)
        numbers[id, default: (scalar.better, [])].values.append(scalar.value)
      }
    }
    metrics = pooledHistograms([record]).sorted { $0.key < $1.key }.map { id, histogram in
      let loss = losses[MetricID(name: id.name, phase: id.phase)]
      // Probes count what they lose; nobody knows what other programs lost.
      var metric = Metric(id, histogram, loss ?? (record.probes.isEmpty ? nil : (0, 0, 0)))
      metric.heat = .init(id, histogram, nil, runs: [(record, false)])
      return metric
    }
    if !limits.isEmpty {
      deadlines = deadlineFindings(of: record, limits).map(VerdictReport.Deadline.init)
    }
    counters = Self.counters(record)
    events = Self.events(record)
    stacks = Self.stacks(record)
    symbolNotes = record.symbols.flatMap { $0.notes.isEmpty ? nil : $0.notes }
    scalars = numbers.sorted { $0.key < $1.key }.map { id, entry in
      Scalar(
        metric: id.text, unit: id.unit, better: entry.better.rawValue, values: entry.values,
        median: median(entry.values) ?? 0)
    }
    if counters?.isEmpty == true { counters = nil }
    if events?.isEmpty == true { events = nil }
    if stacks?.isEmpty == true { stacks = nil }
    guard let lossLimit else { return }
    let excluded = record.iterations.filter(\.isJudged).flatMap(\.phases).flatMap(\.losses)
      .reduce(UInt64(0)) { $0 &+ $1.excluded }
    let found =
      nothingMeasured(excluded: excluded).map { [$0] }
      ?? losses.sorted { $0.key < $1.key }.compactMap { id, loss in
        // A few may be lost anywhere, as for a verdict.
        guard loss.lost > Self.lossAllowance, loss.lost > loss.seen * lossLimit else { return nil }
        return "\(id.text): \(humanShare(loss.lost / loss.seen)) of its operations were lost "
          + "(limit \(humanShare(lossLimit)))"
      }
    faults = found.isEmpty ? nil : found
  }

  /// Losses that need no share.
  private static let lossAllowance = Double(VerdictPolicy().lossAllowance)

  /// That the run has no number at all, or none of its probes saw an event.
  private func nothingMeasured(excluded: UInt64) -> String? {
    if iterations == 0 {
      return "nothing was measured: "
        + (dropped.isEmpty ? "there is no iteration" : "every iteration was dropped")
    }
    if scopeMatchedNothing, let scope {
      return "\(scope.text) matched nothing: of \(humanCount(excluded)) operations in the window "
        + "not one was of it"
    }
    guard sawNothing, scalars.isEmpty || !probes.isEmpty else { return nil }
    return "nothing was measured: no probe saw an event"
  }

  /// Whether there was a window without any operation of the scope.
  package var scopeMatchedNothing: Bool {
    scope != nil && iterations > 0 && sawNothing
  }

  private var sawNothing: Bool {
    metrics.allSatisfy { $0.count == 0 } && (counters ?? []).allSatisfy { $0.count == 0 }
      && stacks == nil && (events ?? []).allSatisfy { $0.rows.isEmpty && $0.dropped == 0 }
  }

  /// A JSON document, deterministic for equal records.
  package func json() throws -> Data {
    try encodedJSON(self)
  }
}

extension RunReport.Metric {
  fileprivate init(
    _ id: MetricID, _ histogram: LatencyHistogram,
    _ loss: (lost: Double, seen: Double, censored: UInt64)?
  ) {
    metric = id.text
    unit = id.unit
    rung = id.rung
    count = histogram.count
    // Inside the last bucket a quantile is interpolated up to its end, which no event reached.
    let largest = histogram.max
    func quantile(_ probability: Double) -> Double? {
      histogram.quantile(probability).map { Swift.min($0, Double(largest)) }
    }
    p50 = quantile(0.5)
    p90 = quantile(0.9)
    p99 = quantile(0.99)
    max = largest
    // Tails such as 1 - 0.9 are not exact.
    uncertain = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99)]
      .filter { Double(histogram.count) * (1 - $0.1) < 50 * (1 - 1e-9) }.map(\.0)
    lossShare = loss.map { $0.seen > 0 ? $0.lost / $0.seen : 0 }
    censored = loss?.censored ?? 0
    bins = DistributionBins([histogram], limit: Self.mostBins).bins.map {
      Bin(lower: $0.lower, share: $0.shares[0])
    }
  }
}
