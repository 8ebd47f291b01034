/// Where the operations of one metric went, over all its labels, in one phase.
///
/// Every judged start ends in exactly one of `recorded`, `overwritten`, `cancelled`, `censored`.
/// The fields are those of `lg_counters` in `probe_abi.h`, summed over CPUs.
package struct LossRecord: Codable, Sendable, Equatable {
  /// Metric name, without labels.
  package var metric: String
  package var started: UInt64
  package var recorded: UInt64
  package var overwritten: UInt64
  package var cancelled: UInt64
  package var beforeWindow: UInt64
  package var afterWindow: UInt64
  package var noStart: UInt64
  package var stale: UInt64
  package var nullStorage: UInt64
  package var mapFull: UInt64
  package var clamped: UInt64
  package var excluded: UInt64
  package var negative: UInt64
  /// Still in flight when the drain ended: durations known only to exceed their age.
  package var censored: UInt64
  package var censoredAgeSumNs: UInt64

  package init(
    metric: String, started: UInt64 = 0, recorded: UInt64 = 0, overwritten: UInt64 = 0,
    cancelled: UInt64 = 0, beforeWindow: UInt64 = 0, afterWindow: UInt64 = 0,
    noStart: UInt64 = 0, stale: UInt64 = 0, nullStorage: UInt64 = 0, mapFull: UInt64 = 0,
    clamped: UInt64 = 0, excluded: UInt64 = 0, negative: UInt64 = 0, censored: UInt64 = 0,
    censoredAgeSumNs: UInt64 = 0
  ) {
    self.metric = metric
    self.started = started
    self.recorded = recorded
    self.overwritten = overwritten
    self.cancelled = cancelled
    self.beforeWindow = beforeWindow
    self.afterWindow = afterWindow
    self.noStart = noStart
    self.stale = stale
    self.nullStorage = nullStorage
    self.mapFull = mapFull
    self.clamped = clamped
    self.excluded = excluded
    self.negative = negative
    self.censored = censored
    self.censoredAgeSumNs = censoredAgeSumNs
  }

  /// Share of ``noStart`` among ends that operations begun before the pre-roll may account for.
  ///
  /// Blocked system calls of every task end once without a stamp; they began outside the window
  /// and belong to no judged population. Far more of them mean that starts were missed.
  package static let explainedNoStart = 0.05

  /// Operations that were seen from start to end, or left out by what happened to them: recorded, too
  /// fast for a row, of another kind at their end, or never to end.
  private var followed: Double { Double(recorded) + Double(cancelled) }

  /// Operations whose duration is missing from the histogram: starts replaced by a
  /// new start, no storage for a stamp, clock faults, and ends without a start where these are
  /// too many to have begun before the pre-roll (``explainedNoStart``).
  ///
  /// `cancelled` is not a loss. `negative` is counted in `cancelled` by the probe and is a loss all the
  /// same.
  package var lost: UInt64 {
    let missed =
      Double(noStart) > (followed + Double(noStart)) * Self.explainedNoStart ? noStart : 0
    return [overwritten, missed, nullStorage, mapFull, negative].reduce(0) { total, next in
      let (sum, overflow) = total.addingReportingOverflow(next)
      return overflow ? .max : sum
    }
  }

  /// Share of ``lost`` among all operations that were lost or followed, 0...1.
  package var lossShare: Double {
    let lost = Double(self.lost)
    let seen = followed - min(Double(negative), Double(cancelled)) + lost
    return seen > 0 ? lost / seen : 0
  }
}
