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
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  /// Reports of one change of the index.
  private static let changeSize = 2000

  private let index: any ReportIndex
  private let reader: LogReader
  private let queue = DispatchQueue(label: "latgate.index")
  private let state = Mutex(State())

  package init(_ index: any ReportIndex, folder: LogFolder) {
    self.index = index
    reader = LogReader(folder)
  }

  /// Why the index does not follow; nil when it does. Reports are safe in the log meanwhile.
  package var fault: String? { state.withLock { $0.fault } }

  /// Up to where the index has read.
  package var reached: LogPosition? { state.withLock { $0.reached } }

  /// Reads on to a place, some time; a failure is tried again with the next call.
  package func follow(to goal: LogPosition) {
    state.withLock { state in
      if let known = state.goal, known >= goal, state.fault == nil { return }
      state.goal = goal
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
      if isIdle { continuation.resume() }
    }
  }

  private func run() {
    while true {
      let goal = state.withLock { $0.goal }
      var fault: String?
      if let goal {
        do { try advance(to: goal) } catch { fault = "\(error)" }
      }
      let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>]? in
        state.fault = fault
        if fault == nil, state.goal != goal { return nil }
        state.isRunning = false
        defer { state.waiters = [] }
        return state.waiters
      }
      guard let waiters else { continue }
      for waiter in waiters { waiter.resume() }
      return
    }
  }

  /// Brings the index to a place, now.
  package func advance(to goal: LogPosition) throws {
    let start = try index.position() ?? .start
    guard start <= goal else {
      throw LogError(
        .unusable, path: reader.path,
        reason:
          "the index was made of more than this log holds: up to \(start), and the log ends at "
          + "\(goal); remove the index")
    }
    var pending: [LogRecord] = []
    var place = start
    try reader.batches(from: start, to: goal) { records, after in
      pending += records
      place = after
      if pending.count >= Self.changeSize {
        try index.add(pending, upTo: place)
        pending = []
        state.withLock { $0.reached = place }
      }
    }
    if place != start { try index.add(pending, upTo: place) }
    state.withLock { $0.reached = place }
  }
}
