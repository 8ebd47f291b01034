import FleetLog
import FleetReports

/// Which report counts in a slot.
///
/// The log remembers the last reports alone. Where it remembers another one in a slot, that may be a late
/// conflict, and the report at hand the first one, sent again: the index knows.
package struct SlotOwners: Sendable {
  /// How long an answer waits for the index. Beyond it the device is asked to come again.
  private static let limit = Duration.seconds(2)
  private static let pause = Duration.milliseconds(10)

  private let log: ReportLog
  private let indexer: Indexer
  private let index: any ReportIndex

  package init(log: ReportLog, indexer: Indexer, index: any ReportIndex) {
    self.log = log
    self.indexer = indexer
    self.index = index
  }

  /// The first report of a slot in the log; nil while the index is behind, or cannot say.
  package func owner(of slot: ReportSlot) async -> ReportID? {
    let goal = log.durable
    let deadline = ContinuousClock.now + Self.limit
    indexer.follow(to: goal, soon: true)
    while (indexer.reached ?? .start) < goal {
      guard indexer.fault == nil, ContinuousClock.now < deadline else { return nil }
      do { try await Task.sleep(for: Self.pause) } catch { return nil }
    }
    return try? index.owner(of: slot)
  }
}
