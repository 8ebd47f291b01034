import FleetLog
import FleetReports
import POSIXSupport
import Synchronization

/// Which report counts in a slot.
///
/// The log remembers the last reports alone. Where it remembers another one in a slot, that may be a late
/// conflict, and the report at hand the first one, sent again: the index knows.
package final class SlotOwners: Sendable {
  /// How long an answer waits for the index. Beyond it the device is asked to come again.
  private static let limit = Duration.seconds(2)
  private static let pause = Duration.milliseconds(10)
  /// Questions that an index answers at once. One on another machine may take its time, a thread each,
  /// and a device can ask as often as it likes.
  static let mostAtOnce = 16

  private let log: ReportLog
  private let indexer: Indexer
  private let index: any ReportIndex
  private let asked = Mutex(0)

  package init(log: ReportLog, indexer: Indexer, index: any ReportIndex) {
    self.log = log
    self.indexer = indexer
    self.index = index
  }

  /// The first report of a slot in the log; nil while the index is behind, is asked too much, or cannot
  /// say.
  package func owner(of slot: ReportSlot) async -> ReportID? {
    let goal = log.durable
    let deadline = ContinuousClock.now + Self.limit
    indexer.follow(to: goal, soon: true)
    while (indexer.reached ?? .start) < goal {
      guard indexer.fault == nil, ContinuousClock.now < deadline else { return nil }
      do { try await Task.sleep(for: Self.pause) } catch { return nil }
    }
    let isFree = asked.withLock { asked in
      guard asked < Self.mostAtOnce else { return false }
      asked += 1
      return true
    }
    guard isFree else { return nil }
    defer { asked.withLock { $0 -= 1 } }
    let index = index
    return try? await offloaded { try index.owner(of: slot) }
  }
}
