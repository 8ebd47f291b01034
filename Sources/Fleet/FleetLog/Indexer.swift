import Dispatch
import FleetReports
import Foundation
import Synchronization

/// Keeps an index behind the log: reads what became durable and adds it.
///
/// A live collector and a rebuild go this one way, so that they end at the same index.
package final class Indexer: Sendable {
  private struct State {
    var goal: LogPosition?
    var isRunning = false
    var reached: LogPosition?
    var fault: String?
    var log: LogIdentity?
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  /// Reports of one change of the index.
  private static let changeSize = 2000

  private let index: any ReportIndex
  private let reader: LogReader
  private let companions: Set<LogIdentity>
  private let queue = DispatchQueue(label: "latgate.index")
  private let hurry = DispatchSemaphore(value: 0)
  private let state = Mutex(State())

  /// How long a shared index that does not take reports is left alone.
  private static let patience = Duration.seconds(5)

  /// Of an index and a log. `companions` are logs whose reports the index may have as well; one
  /// that is shared may have any.
  package init(
    _ index: any ReportIndex, directory: LogDirectory, companions: Set<LogIdentity> = []
  ) {
    self.index = index
    self.companions = companions
    reader = LogReader(directory)
  }

  /// Why the index does not follow; nil when it does. Reports are safe in the log meanwhile.
  package var fault: String? { state.withLock { $0.fault } }

  /// Up to where the index has read.
  package var reached: LogPosition? { state.withLock { $0.reached } }

  /// Reads on to a place, some time; a failure is tried again with the next call, and that of a
  /// shared index, which is on other machines, by itself. `soon` is without the pause between two
  /// changes.
  package func follow(to goal: LogPosition, soon: Bool = false) {
    state.withLock { state in
      if soon, state.isRunning { hurry.signal() }
      if let known = state.goal, known >= goal, state.fault == nil { return }
      // Who asks after a fault may have looked at the log before others did.
      state.goal = max(state.goal ?? goal, goal)
      guard !state.isRunning else { return }
      state.isRunning = true
      queue.async { self.run() }
    }
  }

  /// Returns when the index is at the last goal, or cannot get there.
  package func finish() async {
    await withCheckedContinuation { continuation in
      let isIdle = state.withLock { state in
        if state.isRunning { state.waiters.append(continuation) }
        return !state.isRunning
      }
      if isIdle { continuation.resume() } else { hurry.signal() }
    }
  }

  private func run() {
    while true {
      let goal = state.withLock { $0.goal }
      var fault: String?
      if let goal {
        do { try advance(to: goal) } catch { fault = "\(error)" }
      }
      let goesOn = state.withLock { state in
        state.fault = fault
        guard state.waiters.isEmpty else { return false }
        return fault == nil ? state.goal != goal || index.pause > .zero : index.isShared
      }
      if goesOn { rest(fault == nil ? index.pause : Self.patience) }
      let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>]? in
        if fault == nil ? state.goal != goal : goesOn { return nil }
        state.isRunning = false
        defer { state.waiters = [] }
        return state.waiters
      }
      guard let waiters else { continue }
      for waiter in waiters { waiter.resume() }
      return
    }
  }

  /// Waits until the next change is due, or somebody waits for it.
  private func rest(_ duration: Duration) {
    _ = hurry.wait(timeout: .now() + .milliseconds(Int(duration / .milliseconds(1))))
  }

  /// Brings the index to a place, now.
  package func advance(to goal: LogPosition) throws {
    let log = try identity()
    if !index.isShared {
      let own = companions.union(log.map { [$0] } ?? [])
      if let other = try index.logs().first(where: { !own.contains($0) }) {
        throw LogError(
          .unusable, path: reader.path,
          reason: "the index has reports of another log, number \(other); "
            + "make it anew with 'latgate-collector rebuild'")
      }
    }
    guard let log else { return }
    let known = try index.position(in: log)
    let start = try known ?? reader.start()
    guard start <= goal else {
      throw LogError(
        .unusable, path: reader.path,
        reason:
          "the index was made of more than this log holds: up to \(start), and the log ends at "
          + "\(goal); make it anew with 'latgate-collector rebuild'")
    }
    var pending: [PlacedRecord] = []
    var place = start
    try reader.batches(from: start, to: goal) { records, after in
      pending += records
      place = after
      if pending.count >= Self.changeSize {
        try index.add(pending, upTo: place, of: log)
        pending = []
        state.withLock { $0.reached = place }
      }
    }
    if place != start { try index.add(pending, upTo: place, of: log) }
    state.withLock { $0.reached = place }
  }

  private func identity() throws -> LogIdentity? {
    if let known = state.withLock({ $0.log }) { return known }
    let log = try reader.identity()
    state.withLock { $0.log = log }
    return log
  }
}
