import RegressionAnalysis
import RunRecords

/// How long runs take on a bench, from what runs before have taken.
package struct RunTime: Sendable, Equatable {
  /// One run: the boot, settling, all iterations.
  package var run: Duration
  /// More for a run whose firmware is installed first, its discarded boot included.
  package var installing: Duration
  /// More for a run that measures what the probes cost.
  package var overhead: Duration
  /// One iteration, of ``run``; nil where it is not known.
  package var iteration: Duration?
  /// Runs that it is known from.
  package var runs: Int

  package init(
    run: Duration, installing: Duration, overhead: Duration, iteration: Duration? = nil, runs: Int
  ) {
    self.run = run
    self.installing = installing
    self.overhead = overhead
    self.iteration = iteration
    self.runs = runs
  }

  /// Learns from earlier runs of one suite on one target; nil when no record has a time.
  /// - Parameters:
  ///   - records: of any firmware; those without their duration are left out.
  ///   - iterations: measured ones of the runs to come.
  ///   - installing: what the device file says of a flash; nil = nothing.
  package init?(records: [RunRecord], iterations: Int, installing: Duration?) {
    let timed = records.compactMap { record -> (record: RunRecord, seconds: Double)? in
      // Records come from anywhere: what no run takes is no time.
      guard let seconds = record.hostSeconds, seconds > 0, seconds < Self.longest else {
        return nil
      }
      let made = record.iterations.count { $0.kind == .measured }
      let more = Double(iterations - made) * (Self.iteration(record) ?? 0)
      return (record, seconds + more)
    }
    let plain = timed.filter { $0.record.overhead == nil }.map(\.seconds)
    let whole = timed.filter { $0.record.overhead != nil }.map(\.seconds)
    guard let run = median(plain) ?? median(whole) else { return nil }
    self.run = .seconds(run)
    self.installing = installing ?? .zero
    overhead = .seconds(plain.isEmpty ? 0 : max(0, (median(whole) ?? run) - run))
    iteration = median(timed.compactMap { Self.iteration($0.record) }).map { .seconds($0) }
    runs = timed.count
  }

  /// Seconds; a year.
  private static let longest = 366.0 * 86_400

  /// Seconds from one iteration's start to the next, by the device's clock.
  private static func iteration(_ record: RunRecord) -> Double? {
    let starts = record.iterations.filter { $0.kind != .overhead }.map(\.startedUptimeNs).sorted()
    return median(zip(starts, starts.dropFirst()).map { Double($1 - $0) / 1e9 })
  }

  /// What so many runs of each arm take.
  package func time(of design: ExperimentDesign, runs: Int) -> Duration {
    let slots = design.slots(runs)
    let lanes = max(1, design.lanes)
    return stride(from: 0, to: slots.count, by: lanes).reduce(.zero) { total, first in
      let batch = slots[first..<min(first + lanes, slots.count)]
      return total + (batch.map(time).max() ?? .zero)
    }
  }

  private func time(of slot: RunSlot) -> Duration {
    run + (slot.installs ? installing : .zero) + (slot.measuresOverhead ? overhead : .zero)
  }
}

extension RunSlot {
  /// The first run of each arm measures the cost of the probes; more would only take time.
  package var measuresOverhead: Bool { order < 2 }
}
