/// What was found when a log was opened.
package struct LogOpening: Sendable, Equatable {
  package var sealedSegments = 0
  /// Reports in the segment that is written.
  package var activeRecords = 0
  /// Bytes behind the last whole batch: a write that a crash cut off. They were never acknowledged.
  package var tornBytes = 0
  /// Bytes between whole batches that are none: what was acknowledged is damaged.
  package var damagedBytes = 0
  /// Where torn and damaged bytes were put.
  package var aside: String?

  package init() {}
}
