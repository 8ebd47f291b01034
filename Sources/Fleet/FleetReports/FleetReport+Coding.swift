import CZlib
import LatencyHistograms

extension FleetReport {
  private static let magic: [UInt8] = [0x4c, 0x52]
  private static let checksumSize = 4

  /// Limits of the numbers, exclusive.
  private enum Limit {
    static let hours: UInt64 = 1 << 24
    static let window: UInt64 = 604_801
    static let word: UInt64 = 1 << 32
  }

  /// The bytes that a device sends and a collector keeps. ``init(bytes:)`` is their reader and knows
  /// what they may hold.
  package var bytes: [UInt8] {
    var writer = ReportWriter()
    writer.append(Self.magic)
    writer.byte(Self.version)
    writer.byte(kind.rawValue)
    writer.text(campaign)
    writer.word(manifest)
    writer.word(incarnation)
    writer.number(sequence)
    writer.number(arm)
    writer.text(build)
    writer.text(model)
    for number in [startedHour, uptimeMinutes, windowSeconds] { writer.number(number) }
    writer.number(flags.rawValue)
    for number in [evicted, cpuMilliseconds, memoryKiB] { writer.number(number) }
    writer.number(code)
    writer.byte(subBits)
    writer.number(UInt(histograms.count))
    for histogram in histograms {
      writer.number(histogram.metric)
      writer.byte(histogram.attachment.tier << 4 | histogram.attachment.rung)
      writer.text(histogram.label)
      writer.number(histogram.lost)
      writer.number(histogram.censored)
      writer.append(BucketCode.write(histogram.buckets))
    }
    return Self.sealed(writer.bytes)
  }

  /// Bytes with the checksum that belongs behind them.
  package static func sealed(_ body: [UInt8]) -> [UInt8] {
    let sum = checksum(body[...])
    return body
      + stride(from: UInt32(0), through: 24, by: 8).map { UInt8(truncatingIfNeeded: sum >> $0) }
  }

  /// Reads what any device may have sent.
  ///
  /// A report has one form: what was read gives the same bytes again.
  /// - Throws: ``ReportError`` at the first byte that does not fit.
  package init(bytes: [UInt8]) throws(ReportError) {
    guard bytes.count <= Self.maxSize else {
      throw ReportError(
        field: "size", reason: "\(bytes.count) bytes; at most \(Self.maxSize) are allowed",
        offset: 0)
    }
    guard bytes.count > Self.magic.count + Self.checksumSize, bytes.starts(with: Self.magic) else {
      throw ReportError(field: "magic", reason: "is not that of a report", offset: 0)
    }
    guard bytes[2] == Self.version else {
      throw ReportError(
        field: "version", reason: "\(bytes[2]) is not known; this reads \(Self.version)", offset: 2)
    }
    let end = bytes.count - Self.checksumSize
    let stated = bytes[end...].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    guard stated == Self.checksum(bytes[..<end]) else {
      throw ReportError(field: "crc", reason: "does not fit the bytes before it", offset: end)
    }
    var reader = ReportReader(bytes, end: end)
    reader.skip(to: Self.magic.count + 1)
    let kindByte = try reader.byte("kind")
    guard let kind = Kind(rawValue: kindByte) else {
      throw reader.fault("kind", "\(kindByte) is not known")
    }
    self.kind = kind
    campaign = try reader.text("campaign", 1...63)
    manifest = try reader.word("manifest")
    incarnation = try reader.word("incarnation")
    sequence = UInt32(try reader.number("sequence", below: Limit.word))
    arm = UInt8(try reader.number("arm", below: 256))
    build = try reader.text("build", 1...96)
    model = try reader.text("model", 0...48)
    startedHour = UInt32(try reader.number("started", below: Limit.hours))
    uptimeMinutes = UInt32(try reader.number("uptime", below: Limit.hours))
    windowSeconds = UInt32(try reader.number("window", below: Limit.window))
    flags = Flags(
      rawValue: UInt8(try reader.number("flags", below: UInt64(Flags.all.rawValue) + 1)))
    evicted = UInt32(try reader.number("evicted", below: Limit.word))
    cpuMilliseconds = UInt32(try reader.number("cpu", below: Limit.word))
    memoryKiB = UInt32(try reader.number("memory", below: Limit.word))
    code = UInt8(try reader.number("code", below: 256))
    guard (code == 0) == (kind == .measurement) else {
      throw reader.fault("code", "\(code) does not go with kind \(kind.rawValue)")
    }
    subBits = try reader.byte("sub_bits")
    guard subBits <= 4 else { throw reader.fault("sub_bits", "\(subBits) is above 4") }
    let count = Int(try reader.number("histograms", below: UInt64(Self.maxHistograms) + 1))
    guard count == 0 || kind == .measurement else {
      throw reader.fault("histograms", "a refusal has none")
    }
    histograms = []
    histograms.reserveCapacity(count)
    let layout = HistogramLayout(subBits: Int(subBits))
    for _ in 0..<count {
      let histogram = try FieldHistogram(from: &reader, layout: layout)
      if let last = histograms.last, !last.isBefore(histogram) {
        throw reader.fault("metric", "histograms are not ascending by metric and label")
      }
      histograms.append(histogram)
    }
    guard reader.position == end else {
      throw reader.fault("crc", "\(end - reader.position) bytes stand before it that nothing names")
    }
  }

  /// CRC-32 of zlib.
  static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.withUnsafeBufferPointer {
      UInt32(truncatingIfNeeded: crc32(0, $0.baseAddress, UInt32($0.count)))
    }
  }
}

extension FieldHistogram {
  /// The order of a report: by metric, then by the bytes of the label.
  fileprivate func isBefore(_ other: FieldHistogram) -> Bool {
    if metric != other.metric { return metric < other.metric }
    return label.utf8.lexicographicallyPrecedes(other.label.utf8)
  }

  fileprivate init(
    from reader: inout ReportReader, layout: HistogramLayout
  ) throws(ReportError) {
    metric = UInt16(try reader.number("metric", below: 1 << 16))
    let attach = try reader.byte("attach")
    guard let attachment = Attachment(tier: attach >> 4, rung: attach & 15) else {
      throw reader.fault("attach", "\(attach) names no tier and rung")
    }
    self.attachment = attachment
    label = try reader.text("label", 0...64)
    lost = try reader.number("lost", below: Self.countLimit)
    censored = try reader.number("censored", below: Self.countLimit)
    buckets = try BucketCode.read(from: &reader, layout: layout)
  }
}
