/// What a segment's bytes hold, after a crash as well.
struct SegmentScan: Sendable {
  struct Frame: Sendable {
    var offset: Int
    var size: Int
    var records: [LogRecord]
  }

  /// The frames that are whole, in order.
  private(set) var frames: [Frame] = []
  /// Bytes that belong to no frame although one follows: what was acknowledged is damaged.
  private(set) var damaged: [Range<Int>] = []
  /// Where the last whole frame ends; what follows was never acknowledged, or is damaged.
  private(set) var end = SegmentHeader.size

  /// - Parameter bytes: of the file, its header included.
  init(_ bytes: [UInt8]) {
    var position = SegmentHeader.size
    while position < bytes.count {
      if let frame = Self.frame(bytes, at: position) {
        if position > end { damaged.append(end..<position) }
        frames.append(frame)
        position += frame.size
        end = position
      } else {
        position += 1
      }
    }
  }

  private static func frame(_ bytes: [UInt8], at offset: Int) -> Frame? {
    let start = offset + LogBatch.headerSize
    guard start <= bytes.count, LogBatch.mayBegin(with: bytes[offset]),
      let size = LogBatch.payloadSize(bytes[offset..<start]),
      start + size <= bytes.count,
      let records = LogBatch.records(
        header: bytes[offset..<start], payload: bytes[start..<start + size])
    else { return nil }
    return Frame(offset: offset, size: LogBatch.headerSize + size, records: records)
  }
}
