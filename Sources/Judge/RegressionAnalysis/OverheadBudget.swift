import Foundation
import RunRecords

/// Judges what the probes cost against a suite's budget.
package struct OverheadBudget: Sendable, Equatable {
  /// How a run stands.
  package enum Standing: Sendable, Equatable {
    case within
    /// The run is invalid; the text names the probe to drop.
    case over(String)
    /// The slowdown looks too large, but its interval reaches into the budget; or what the budget is
    /// of could not be measured.
    case unclear(String)
  }

  /// Largest share of CPU time, 0...1; nil = not judged.
  package var cpuShare: Double?
  /// Largest relative slowdown; nil = not judged.
  package var slowdown: Double?

  package init(cpuShare: Double?, slowdown: Double?) {
    self.cpuShare = cpuShare
    self.slowdown = slowdown
  }

  /// Relative slowdown of pairs of iterations without and with probes, each a time per phase.
  ///
  /// A pair counts as one observation: the mean over its phases of log(with / without). Phases of
  /// one iteration share what happened to the machine, so they are not independent.
  /// - Returns: nil without a pair that has a common phase; no interval with a single pair.
  package static func slowdown(
    pairs: [(without: [String: Double], with: [String: Double])]
  ) -> (change: Double, interval: OverheadRecord.Interval?, pairs: Int)? {
    let logs = pairs.compactMap { pair -> Double? in
      let ratios = pair.with.keys.sorted().compactMap { phase -> Double? in
        guard let with = pair.with[phase], let without = pair.without[phase], with > 0, without > 0
        else { return nil }
        return log(with / without)
      }
      return ratios.isEmpty ? nil : ratios.reduce(0, +) / Double(ratios.count)
    }
    guard !logs.isEmpty else { return nil }
    let count = Double(logs.count)
    let mean = logs.reduce(0, +) / count
    guard logs.count > 1 else { return (exp(mean) - 1, nil, 1) }
    let variance = logs.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
    let reach =
      StudentT.upperQuantile(0.025, degreesOfFreedom: count - 1) * (variance / count).squareRoot()
    return (
      exp(mean) - 1,
      OverheadRecord.Interval(low: exp(mean - reach) - 1, high: exp(mean + reach) - 1), logs.count
    )
  }

  /// How a run stands. A slowdown without an interval is judged as it is.
  package func standing(of record: OverheadRecord) -> Standing {
    if let limit = cpuShare, let share = record.cpuShare, !(share <= limit) {
      return .over(
        "probes take \(percent(share)) of the CPU time, the budget is \(percent(limit))"
          + remedy(record))
    }
    guard let limit = slowdown else { return unmeasuredShare(record) }
    guard let change = record.slowdown else {
      return .unclear(
        "what the probes slow the workload by is not known: no pair of iterations without and with "
          + "them counts; raise overhead.iterations, or mend why iterations are dropped")
    }
    guard !(change <= limit) else { return unmeasuredShare(record) }
    let range = record.slowdownInterval.map {
      " (95% interval \(percent($0.low)) … \(percent($0.high)))"
    }
    let text =
      "probes slow the workload by \(percent(change))\(range ?? ""), the budget is "
      + percent(limit)
    guard let low = record.slowdownInterval?.low, low <= limit else {
      return .over(text + remedy(record))
    }
    return .unclear(text + ": raise overhead.iterations to find out")
  }

  /// Within, unless the kernel counts what programs take and there was no time to hold it against.
  private func unmeasuredShare(_ record: OverheadRecord) -> Standing {
    guard cpuShare != nil, record.cpuShare == nil, !record.programs.isEmpty else { return .within }
    return .unclear(
      "what the probes take of the CPU time is not known: the iteration that measures it was "
        + "dropped; make the run again, or mend why iterations are dropped")
  }

  /// `; drop probe X first: …`, or nothing when no probe stands out.
  private func remedy(_ record: OverheadRecord) -> String {
    let byProbe = Dictionary(grouping: record.programs, by: \.probe)
      .mapValues { $0.reduce(0.0) { $0 + Double($1.ns) } }
    let total = byProbe.values.reduce(0, +)
    let worst = byProbe.max { ($0.value, $1.key) < ($1.value, $0.key) }
    if let worst, total > 0 {
      let program = record.programs.filter { $0.probe == worst.key }.max { $0.ns < $1.ns }
      return "; drop probe \(worst.key) first: it takes \(percent(worst.value / total)) of the "
        + "probes' time, most of it in \(program?.program ?? "")"
    }
    let slowest = (record.probeSlowdowns ?? [:]).max { ($0.value, $1.key) < ($1.value, $0.key) }
    guard let slowest else { return "" }
    return "; drop probe \(slowest.key) first: alone it adds \(percent(slowest.value))"
  }
}
