import FleetReports
import Foundation
import POSIXSupport

/// Reads what is durable, in the order in which it became so.
package struct LogReader: Sendable {
  private let directory: LogDirectory

  package var path: String { directory.path }

  package init(_ directory: LogDirectory) {
    self.directory = directory
  }

  /// Where the log begins: before the first batch, of what was not removed on purpose.
  /// - Throws: ``LogError``.
  package func start() throws(LogError) -> LogPosition {
    LogPosition(
      segment: try LogBeginning(directory).segment, offset: LogPosition.start.offset)
  }

  /// The end of what the files hold, of a log that nobody writes to.
  /// - Throws: ``LogError``.
  package func end() throws(LogError) -> LogPosition {
    let listing = try directory.list()
    if let open = listing.open.last {
      let contents = try LogDirectory.contents(open.path)
      return LogPosition(segment: open.number, offset: UInt64(SegmentScan(contents).end))
    }
    let next = (listing.sealed.last?.number ?? 0) + 1
    return LogPosition(segment: next, offset: UInt64(SegmentHeader.size))
  }

  /// Which log it is; nil for one without a segment.
  /// - Throws: ``LogError``.
  package func identity() throws(LogError) -> LogIdentity? {
    // A segment that is open may have its last name a moment later.
    for attempt in 0..<3 {
      let listing = try directory.list()
      guard let path = listing.sealed.first?.path ?? listing.open.first?.path else { return nil }
      do { return try LogDirectory.header(path).log } catch {
        if error.kind == .damaged || attempt == 2 { throw error }
      }
    }
    return nil
  }

  /// Hands over every batch between two places, with the place after it.
  /// - Throws: ``LogError``, or what `body` throws.
  package func batches(
    from start: LogPosition, to end: LogPosition,
    _ body: (_ records: [PlacedRecord], _ after: LogPosition) throws -> Void
  ) throws {
    var position = start
    while position < end {
      let descriptor = try open(position.segment)
      let path = "\(directory.path), segment \(position.segment)"
      while position.segment < end.segment || position.offset < end.offset {
        guard let records = try next(descriptor, path, &position.offset) else { break }
        try body(PlacedRecord.batch(records, endingAt: position), position)
      }
      guard position.segment < end.segment else { break }
      position = LogPosition(segment: position.segment + 1, offset: UInt64(SegmentHeader.size))
      // A reader that goes on later begins in the new segment.
      try body([], position)
    }
    guard position >= end else {
      throw LogError(
        .damaged, path: directory.path,
        reason: "segment \(position.segment) ends at \(position.offset), before \(end.offset)")
    }
  }

  /// The file of a segment, which may get its last name at this moment.
  private func open(_ number: UInt64) throws(LogError) -> OwnedDescriptor {
    for _ in 0..<3 {
      if let file = try? OwnedDescriptor.open(directory.openPath(number), flags: O_RDONLY) {
        return file
      }
      if let sealed = try directory.list().sealed.first(where: { $0.number == number }),
        let file = try? OwnedDescriptor.open(sealed.path, flags: O_RDONLY)
      {
        return file
      }
    }
    throw LogError(.damaged, path: directory.path, reason: "segment \(number) is missing")
  }

  private func next(
    _ file: borrowing OwnedDescriptor, _ path: String, _ offset: inout UInt64
  ) throws(LogError) -> [LogRecord]? {
    let header = try bytes(file, path, at: offset, count: LogBatch.headerSize)
    if header.isEmpty { return nil }
    guard let size = LogBatch.payloadSize(header[...]) else { throw damage(path, offset) }
    let payload = try bytes(file, path, at: offset + UInt64(header.count), count: size)
    guard payload.count == size,
      let records = LogBatch.records(header: header[...], payload: payload[...])
    else { throw damage(path, offset) }
    offset += UInt64(header.count + size)
    return records
  }

  private func damage(_ path: String, _ offset: UInt64) -> LogError {
    LogError(.damaged, path: path, reason: "no whole batch stands at byte \(offset)")
  }

  private func bytes(
    _ file: borrowing OwnedDescriptor, _ path: String, at offset: UInt64, count: Int
  ) throws(LogError) -> [UInt8] {
    let number = file.rawValue
    var buffer = [UInt8](repeating: 0, count: count)
    var filled = 0
    do {
      while filled < count {
        let start = filled
        let more = try systemCall("pread", on: path) {
          buffer.withUnsafeMutableBytes {
            pread(
              number, $0.baseAddress?.advanced(by: start), count - start,
              off_t(offset) + off_t(start))
          }
        }
        if more == 0 { break }
        filled += more
      }
    } catch {
      throw LogError(.unusable, error, path: path)
    }
    buffer.removeLast(count - filled)
    return buffer
  }
}
