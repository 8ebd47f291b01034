/// A place in the log: up to here, what a reader has read, or what is durable.
package struct LogPosition: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// Number of the segment, from 1.
  package var segment: UInt64
  /// Byte in the segment's file.
  package var offset: UInt64

  package init(segment: UInt64, offset: UInt64) {
    self.segment = segment
    self.offset = offset
  }

  /// Before the first batch.
  package static let start = LogPosition(segment: 1, offset: UInt64(SegmentHeader.size))

  package var description: String { "segment \(segment), byte \(offset)" }

  package static func < (left: LogPosition, right: LogPosition) -> Bool {
    (left.segment, left.offset) < (right.segment, right.offset)
  }
}
