import FleetReports

/// What one fsync made durable: a frame of the log.
///
/// `{u32 magic, u32 length, u32 records, u32 crc}` and the records, each `{u64 received, device, id,
/// u16 size, report}`, little-endian. The checksum goes over length, records and all that follows.
enum LogBatch {
  static let headerSize = 16
  /// Of the frame; a longer one is none.
  static let maxSize = 8 << 20
  private static let magic: UInt32 = 0x4843_544c
  private static let recordHeaderSize = 8 + DevicePseudonym.byteCount + ReportID.byteCount + 2

  /// Bytes that a record takes in a batch.
  static func size(of record: LogRecord) -> Int { recordHeaderSize + record.bytes.count }

  static func frame(_ records: [LogRecord]) -> [UInt8] {
    var payload: [UInt8] = []
    payload.reserveCapacity(records.reduce(0) { $0 + size(of: $1) })
    for record in records {
      LittleEndian.append(record.received, to: &payload)
      payload += record.device.bytes
      payload += record.id.bytes
      LittleEndian.append(UInt16(record.bytes.count), to: &payload)
      payload += record.bytes
    }
    var frame: [UInt8] = []
    frame.reserveCapacity(headerSize + payload.count)
    LittleEndian.append(magic, to: &frame)
    LittleEndian.append(UInt32(payload.count), to: &frame)
    LittleEndian.append(UInt32(records.count), to: &frame)
    LittleEndian.append(Checksum.of(frame[4...], payload[...]), to: &frame)
    return frame + payload
  }

  /// Whether a frame can begin with this byte: looking for one in damaged bytes asks this of each.
  static func mayBegin(with byte: UInt8) -> Bool { byte == UInt8(truncatingIfNeeded: magic) }

  /// Length of the payload of the frame that these 16 bytes begin; nil when they begin none.
  static func payloadSize(_ header: ArraySlice<UInt8>) -> Int? {
    guard header.count == headerSize, LittleEndian.read(UInt32.self, header, at: 0) == magic
    else { return nil }
    let size = Int(LittleEndian.read(UInt32.self, header, at: 4))
    return size <= maxSize - headerSize ? size : nil
  }

  /// The records of a frame.
  /// - Returns: nil unless its checksum is right and the records fill it.
  static func records(header: ArraySlice<UInt8>, payload: ArraySlice<UInt8>) -> [LogRecord]? {
    let fields = header[(header.startIndex + 4)..<(header.startIndex + 12)]
    guard LittleEndian.read(UInt32.self, header, at: 12) == Checksum.of(fields, payload) else {
      return nil
    }
    let count = LittleEndian.read(UInt32.self, header, at: 8)
    var records: [LogRecord] = []
    var rest = payload
    while !rest.isEmpty {
      guard rest.count >= recordHeaderSize else { return nil }
      let size = Int(LittleEndian.read(UInt16.self, rest, at: recordHeaderSize - 2))
      guard let device = DevicePseudonym(rest.dropFirst(8)),
        let id = ReportID(rest.dropFirst(8 + DevicePseudonym.byteCount)),
        rest.count >= recordHeaderSize + size
      else { return nil }
      records.append(
        LogRecord(
          id: id, device: device, received: LittleEndian.read(UInt64.self, rest, at: 0),
          bytes: Array(rest.dropFirst(recordHeaderSize).prefix(size))))
      rest = rest.dropFirst(recordHeaderSize + size)
    }
    return records.count == Int(count) ? records : nil
  }
}
