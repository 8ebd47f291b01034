import LatencyHistograms

/// Counts of neighbouring buckets as bits.
///
/// A count is coded by its distance from the one before it, as a Rice code whose parameter follows the
/// distances (Rice and Plaunt, IEEE Trans. Commun. 19, 1971). Histograms of a device's operations take 8 to
/// 10 bits a bucket; varints of gap and count take 20, and nothing has to be unpacked that could be made to
/// grow.
struct BucketCode {
  /// In place of the first index: no events.
  private static let empty: UInt64 = 1023
  private static let indexBits = 10
  /// So many one-bits announce a number in plain binary.
  private static let escape = 12
  private static let lengthBits = 6

  private var previous: UInt64 = 0
  private var mean: UInt64 = 1

  private var parameter: Int { mean > 0 ? 63 - mean.leadingZeroBitCount : 0 }

  private mutating func adapt(_ code: UInt64, _ count: UInt64) {
    mean = (mean + code) / 2
    previous = count
  }

  static func write(_ buckets: [SparseBucket]) -> [UInt8] {
    var bits = BitWriter()
    guard let first = buckets.first, let last = buckets.last else {
      bits.put(empty, indexBits)
      return bits.bytes
    }
    bits.put(UInt64(first.index), indexBits)
    bits.put(UInt64(last.index - first.index), indexBits)
    var code = BucketCode()
    var next = first.index
    for bucket in buckets {
      while next < bucket.index {
        code.write(0, to: &bits)
        next += 1
      }
      code.write(bucket.count, to: &bits)
      next += 1
    }
    return bits.bytes
  }

  private mutating func write(_ count: UInt64, to bits: inout BitWriter) {
    let distance = count > previous ? count - previous : previous - count
    let code =
      distance > previous ? count : count > previous ? 2 * distance - 1 : 2 * distance
    let parameter = parameter
    let quotient = code >> UInt64(parameter)
    if quotient < Self.escape {
      bits.put((1 << (quotient + 1)) - 2, Int(quotient) + 1)
      bits.put(code & ((1 << UInt64(parameter)) - 1), parameter)
    } else {
      bits.put((1 << UInt64(Self.escape)) - 1, Self.escape)
      let length = 64 - code.leadingZeroBitCount
      bits.put(UInt64(length), Self.lengthBits)
      bits.put(code, length)
    }
    adapt(code, count)
  }

  /// Reads the buckets of one histogram, to the byte after them.
  static func read(
    from reader: inout ReportReader, layout: HistogramLayout
  ) throws(ReportError) -> [SparseBucket] {
    let field = "buckets"
    var bits = reader.bits()
    guard let first = bits.take(indexBits) else {
      throw reader.fault(field, "the report ends here")
    }
    var buckets: [SparseBucket] = []
    if first != empty {
      guard let span = bits.take(indexBits) else {
        throw reader.fault(field, "the report ends here")
      }
      let last = Int(first + span)
      guard last < layout.bucketCount else {
        throw reader.fault(field, "bucket \(last) is not one of \(layout.bucketCount)")
      }
      buckets.reserveCapacity(Int(span) + 1)
      var code = BucketCode()
      for index in Int(first)...last {
        guard let count = code.next(&bits) else {
          throw reader.fault(field, "bucket \(index) is not coded as it has to be")
        }
        guard count < FieldHistogram.countLimit else {
          throw reader.fault(field, "bucket \(index) has too many events")
        }
        if count > 0 {
          buckets.append(SparseBucket(index: index, count: count))
        } else if index == Int(first) || index == last {
          throw reader.fault(field, "bucket \(index) at an end is empty")
        }
      }
    }
    guard let after = bits.align() else { throw reader.fault(field, "the padding is not 0") }
    reader.skip(to: after)
    return buckets
  }

  /// - Returns: nil at the end, or where another code of the same count is shorter.
  private mutating func next(_ bits: inout BitReader) -> UInt64? {
    guard let quotient = bits.ones(limit: Self.escape) else { return nil }
    let parameter = parameter
    let code: UInt64
    if quotient < Self.escape {
      guard let low = bits.take(parameter) else { return nil }
      code = UInt64(quotient) << UInt64(parameter) | low
    } else {
      guard let length = bits.take(Self.lengthBits), length <= 48,
        let value = bits.take(Int(length)), 64 - value.leadingZeroBitCount == Int(length),
        value >> UInt64(parameter) >= UInt64(Self.escape)
      else { return nil }
      code = value
    }
    let count: UInt64
    if code > 2 * previous {
      count = code
    } else {
      count = code & 1 == 1 ? previous + (code + 1) / 2 : previous - code / 2
    }
    guard count < FieldHistogram.countLimit else { return count }
    adapt(code, count)
    return count
  }
}
