import LatencyHistograms

/// HdrHistogram's V2 encoding: counts by index, as zigzag LEB128 with runs of zeros, in a zlib stream.
enum HdrEncoding {
  private static let cookie: UInt32 = 0x1c84_9303
  private static let compressedCookie: UInt32 = 0x1c84_9304
  /// Bits of a cookie that say how wide a count is; V2 sets one and does not use it.
  private static let widthBits: UInt32 = 0xf0
  private static let v2Width: UInt32 = 0x10
  private static let headerSize = 40
  /// Two significant digits: 128 buckets per octave, of which each of latgate's is a union.
  private static let digits: UInt32 = 2
  private static let halfMagnitude = 7
  /// More than histograms of latencies take.
  private static let mostBytes = 8 << 20

  // MARK: Writing

  /// Each bucket's events are counted at its largest value, as HdrHistogram's own quantiles are the
  /// largest values of its buckets.
  /// - Throws: ``ExchangeError``.
  static func encoded(_ histogram: LatencyHistogram) throws(ExchangeError) -> [UInt8] {
    var counts: [UInt8] = []
    var next = 0
    for bucket in histogram.sparse {
      let range = histogram.layout.bounds(of: bucket.index)
      // The largest bucket ends at the largest value.
      let index = Self.index(min(range.upper - 1, max(histogram.max, range.lower)))
      if index > next { put(Int64(next - index), &counts) }
      put(Int64(clamping: bucket.count), &counts)
      next = index + 1
    }
    var payload: [UInt8] = []
    put32(cookie | v2Width, &payload)
    put32(UInt32(counts.count), &payload)
    put32(0, &payload)
    put32(digits, &payload)
    put64(1, &payload)
    put64(HistogramLayout.maxValue, &payload)
    put64((1.0).bitPattern, &payload)
    let stream = try Deflate.compressed(payload + counts)
    var result: [UInt8] = []
    put32(compressedCookie | v2Width, &result)
    put32(UInt32(stream.count), &result)
    return result + stream
  }

  private static func index(_ value: UInt64) -> Int {
    let bucket = 64 - (value | 255).leadingZeroBitCount - (halfMagnitude + 1)
    return (bucket << halfMagnitude) + Int(value >> UInt64(bucket))
  }

  private static func put(_ value: Int64, _ bytes: inout [UInt8]) {
    var rest = UInt64(bitPattern: (value << 1) ^ (value >> 63))
    for _ in 0..<8 {
      if rest < 0x80 { return bytes.append(UInt8(rest)) }
      bytes.append(UInt8(rest & 0x7f) | 0x80)
      rest >>= 7
    }
    // The ninth byte has all that is left.
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  private static func put32(_ value: UInt32, _ bytes: inout [UInt8]) {
    for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: value >> UInt32(shift))) }
  }

  private static func put64(_ value: UInt64, _ bytes: inout [UInt8]) {
    put32(UInt32(value >> 32), &bytes)
    put32(UInt32(truncatingIfNeeded: value), &bytes)
  }

  // MARK: Reading

  /// - Parameter bytes: a compressed histogram.
  /// - Returns: its counts at the middle of each bucket.
  /// - Throws: ``ExchangeError`` for damage, and for the encodings before V2.
  static func decoded(_ bytes: [UInt8]) throws(ExchangeError) -> LatencyHistogram {
    var outer = Cursor(bytes)
    let kind = try outer.read32()
    guard kind & ~widthBits == compressedCookie else {
      let isOld = (kind & ~widthBits) >> 8 == compressedCookie >> 8
      throw ExchangeError(
        isOld
          ? "is of an encoding before V2: write it anew with HdrHistogram 2.1.10 or later"
          : "is no compressed HdrHistogram")
    }
    let size = Int(try outer.read32())
    var inner = Cursor(try Deflate.expanded(try outer.take(size), limit: mostBytes))
    guard try inner.read32() & ~widthBits == cookie else {
      throw ExchangeError("is of an encoding before V2")
    }
    let length = Int(try inner.read32())
    let offset = try inner.read32()
    let digits = Int(try inner.read32())
    let lowest = try inner.read64()
    _ = try inner.read64()
    let ratio = Double(bitPattern: try inner.read64())
    guard offset == 0, ratio == 1 else {
      throw ExchangeError("has shifted or fractional values, which are no latencies")
    }
    guard (0...5).contains(digits), lowest >= 1 else {
      throw ExchangeError("has \(digits) significant digits and smallest value \(lowest)")
    }
    return try counts(&inner, length: length, digits: digits, lowest: lowest)
  }

  private static func counts(
    _ cursor: inout Cursor, length: Int, digits: Int, lowest: UInt64
  ) throws(ExchangeError) -> LatencyHistogram {
    var single: UInt64 = 2
    for _ in 0..<digits { single *= 10 }
    // Sub-buckets: the next power of two that holds what needs single-unit resolution.
    let magnitude = 64 - (single - 1).leadingZeroBitCount
    let half = max(magnitude - 1, 0)
    let unit = 63 - lowest.leadingZeroBitCount
    let end = cursor.position + length
    var histogram = LatencyHistogram()
    var index = 0
    while cursor.position < end {
      let count = try cursor.readZigzag()
      if count < 0 {
        guard count > -(1 << 32) else { throw ExchangeError("has an index beyond any value") }
        index += Int(-count)
        continue
      }
      guard count <= ForeignHistograms.mostEvents else {
        throw ExchangeError("counts more events than any program does")
      }
      if count > 0 {
        var bucket = (index >> half) - 1
        var sub = UInt64(index & ((1 << half) - 1)) + (1 << UInt64(half))
        if bucket < 0 {
          sub -= 1 << UInt64(half)
          bucket = 0
        }
        let shift = bucket + unit
        guard shift + 64 - sub.leadingZeroBitCount <= 63 else {
          throw ExchangeError("has an index beyond any value")
        }
        let width: UInt64 = 1 << UInt64(shift)
        histogram.record((sub << UInt64(shift)) + width / 2, times: UInt64(count))
        // A small file may hold many such counts: neither this sum nor that of all lines overflows.
        guard histogram.count <= ForeignHistograms.mostEvents else {
          throw ExchangeError("counts more events than any program does")
        }
      }
      index += 1
    }
    return histogram
  }

  private struct Cursor {
    private let bytes: [UInt8]
    private(set) var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func take(_ count: Int) throws(ExchangeError) -> [UInt8] {
      guard count >= 0, bytes.count - position >= count else {
        throw ExchangeError("is cut off")
      }
      defer { position += count }
      return Array(bytes[position..<position + count])
    }

    mutating func read32() throws(ExchangeError) -> UInt32 {
      try take(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    mutating func read64() throws(ExchangeError) -> UInt64 {
      try take(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    mutating func readZigzag() throws(ExchangeError) -> Int64 {
      var value: UInt64 = 0
      for place in 0..<9 {
        let byte = UInt64(try take(1)[0])
        if place == 8 {
          value |= byte << 56
          break
        }
        value |= (byte & 0x7f) << UInt64(7 * place)
        if byte < 0x80 { break }
      }
      return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }
  }
}
