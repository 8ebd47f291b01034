/// A record with its place in its log: the same for whoever reads the log, in whatever pieces.
package struct PlacedRecord: Sendable, Equatable {
  package let record: LogRecord
  /// Ascends in the order of the log; no other record of the log has it.
  package let place: LogPosition

  package init(record: LogRecord, place: LogPosition) {
    self.record = record
    self.place = place
  }

  /// The records of a batch. Each takes more than one byte of it, so that the last bytes before its end are
  /// places enough.
  package static func batch(_ records: [LogRecord], endingAt end: LogPosition) -> [PlacedRecord] {
    records.enumerated().map { number, record in
      PlacedRecord(
        record: record,
        place: LogPosition(
          segment: end.segment, offset: end.offset - UInt64(records.count - number)))
    }
  }
}
