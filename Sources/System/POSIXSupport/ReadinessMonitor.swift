import Foundation
import Glibc
import Synchronization

/// A point in time after which an operation is given up.
package typealias Deadline = ContinuousClock.Instant

/// An operation that did not finish before its ``Deadline``.
package struct TimeoutError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What was waited for.
  package var subject: String

  package init(subject: String) {
    self.subject = subject
  }

  package var description: String { "\(subject): no answer in time" }
}

/// Waits for descriptors on one thread of its own, so that no wait occupies the
/// cooperative pool, which has no more threads than the machine has processors.
///
/// poll(2) rather than epoll(7): there are few descriptors, and a closed one
/// leaves nothing registered.
package final class ReadinessMonitor: Sendable {
  /// What to wait for.
  package enum Interest: Sendable {
    case readable
    case writable
  }

  /// Why a wait ended without an error.
  enum Outcome: Sendable {
    case ready
    case expired
    case cancelled
  }

  /// One suspended caller.
  private struct Waiter {
    var descriptor: Int32
    var interest: Interest
    var deadline: Deadline?
    var continuation: CheckedContinuation<Outcome, Never>
  }

  private struct State {
    var nextID: UInt64 = 0
    var waiters: [UInt64: Waiter] = [:]
    /// Waits whose task was cancelled before their continuation existed.
    var cancelledEarly: Set<UInt64> = []
    /// Write end of the pipe that interrupts poll(2); nil until the thread runs.
    var wakeup: Int32?
  }

  package static let shared = ReadinessMonitor()

  private let state = Mutex(State())

  private init() {}

  /// Suspends until the descriptor is ready, at its end, or failed.
  /// - Parameters:
  ///   - interest: the direction.
  ///   - descriptor: must stay open until the wait ends; end it early with ``abandon(_:)``.
  ///   - deadline: nil waits without limit.
  ///   - subject: named by the errors.
  ///   - isOver: asked once nothing can be missed any more: ``abandon(_:)`` ends no wait that
  ///     begins after it. True ends the wait at once.
  /// - Throws: ``TimeoutError``, `CancellationError`, or ``SystemCallError`` when the
  ///   monitor itself cannot start.
  package func wait(
    for interest: Interest, on descriptor: Int32, until deadline: Deadline?, subject: String,
    unless isOver: @Sendable () -> Bool = { false }
  ) async throws {
    try Task.checkCancellation()
    let wakeup = try startIfNeeded()
    let id = state.withLock { state in
      state.nextID += 1
      return state.nextID
    }
    let outcome = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let early: Outcome? = state.withLock { state in
          if state.cancelledEarly.remove(id) != nil { return .cancelled }
          if isOver() { return .ready }
          state.waiters[id] = Waiter(
            descriptor: descriptor, interest: interest, deadline: deadline,
            continuation: continuation)
          return nil
        }
        if let early {
          continuation.resume(returning: early)
        } else {
          interrupt(wakeup)
        }
      }
    } onCancel: {
      let waiter = state.withLock { state in
        let waiter = state.waiters.removeValue(forKey: id)
        if waiter == nil { state.cancelledEarly.insert(id) }
        return waiter
      }
      waiter?.continuation.resume(returning: .cancelled)
      interrupt(wakeup)
    }
    // A cancellation after the wait ended may have left its mark.
    state.withLock { _ = $0.cancelledEarly.remove(id) }
    switch outcome {
    case .ready: return
    case .expired: throw TimeoutError(subject: subject)
    case .cancelled: throw CancellationError()
    }
  }

  /// Ends all waits on a descriptor as if it had become ready.
  package func abandon(_ descriptor: Int32) {
    let (waiters, wakeup) = state.withLock { state in
      let ids = state.waiters.filter { $0.value.descriptor == descriptor }.map(\.key)
      return (ids.compactMap { state.waiters.removeValue(forKey: $0) }, state.wakeup)
    }
    for waiter in waiters { waiter.continuation.resume(returning: .ready) }
    if let wakeup, !waiters.isEmpty { interrupt(wakeup) }
  }

  private func startIfNeeded() throws(SystemCallError) -> Int32 {
    try state.withLock { state throws(SystemCallError) in
      if let wakeup = state.wakeup { return wakeup }
      let (reader, wakeup) = try makePipe(subject: "readiness monitor")
      // With valid descriptors F_SETFL cannot fail.
      for end in [reader, wakeup] { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
      state.wakeup = wakeup
      Thread.detachNewThread { [self] in run(wakeup: reader) }
      return wakeup
    }
  }

  private func interrupt(_ wakeup: Int32) {
    var byte: UInt8 = 1
    // A full pipe means that a wake-up is pending already.
    _ = write(wakeup, &byte, 1)
  }

  /// The thread's loop; it lives as long as the process.
  private func run(wakeup: Int32) {
    var drained = [UInt8](repeating: 0, count: 512)
    while true {
      let waiting = state.withLock { Array($0.waiters) }
      var descriptors = [pollfd(fd: wakeup, events: Int16(POLLIN), revents: 0)]
      for (_, waiter) in waiting {
        let events = waiter.interest == .readable ? POLLIN : POLLOUT
        descriptors.append(pollfd(fd: waiter.descriptor, events: Int16(events), revents: 0))
      }
      let limit = Self.milliseconds(until: waiting.compactMap(\.value.deadline).min())
      _ = poll(&descriptors, nfds_t(descriptors.count), limit)
      if descriptors[0].revents != 0 {
        _ = read(wakeup, &drained, drained.count)
      }
      let now = ContinuousClock.now
      for (entry, polled) in zip(waiting, descriptors.dropFirst()) {
        let outcome: Outcome
        if polled.revents != 0 {
          outcome = .ready
        } else if let deadline = entry.value.deadline, deadline <= now {
          outcome = .expired
        } else {
          continue
        }
        let waiter = state.withLock { $0.waiters.removeValue(forKey: entry.key) }
        waiter?.continuation.resume(returning: outcome)
      }
    }
  }

  /// Time-out for poll(2), rounded up so that it never ends just before the deadline.
  private static func milliseconds(until deadline: Deadline?) -> Int32 {
    guard let deadline else { return -1 }
    let rest = ContinuousClock.now.duration(to: deadline)
    if rest <= .zero { return 0 }
    let (seconds, attoseconds) = rest.components
    if seconds > 3600 { return 3_600_000 }
    return Int32(seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1)
  }
}
