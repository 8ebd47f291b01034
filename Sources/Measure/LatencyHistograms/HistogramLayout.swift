/// Where values lie in a log-linear histogram with 2^`subBits` buckets per octave.
///
/// Values below 2^(subBits + 1) have a bucket each; above that a bucket is at most 1 / 2^subBits
/// of its lower edge wide. With the default of 4 this is the layout of `probe_abi.h`, bucket by
/// bucket. Every bucket of a layout is a union of buckets of the next finer one, so that
/// coarsening loses no event and moves none.
package struct HistogramLayout: Sendable, Hashable {
  /// The layout of probes and records.
  package static let standard = HistogramLayout(subBits: 4)
  /// Values are cut to this many bits.
  package static let valueBits = 36
  /// Larger values are recorded as this one.
  package static let maxValue: UInt64 = (1 << UInt64(valueBits)) - 1

  /// Base-2 logarithm of the buckets per octave, 0...4.
  package let subBits: Int

  /// - Parameter subBits: clamped to 0...4.
  package init(subBits: Int) {
    self.subBits = Swift.min(Swift.max(subBits, 0), 4)
  }

  /// 528 for the standard layout.
  package var bucketCount: Int { (Self.valueBits - subBits + 1) << subBits }

  /// The bucket of a value; values above ``maxValue`` land in the last.
  package func bucket(of value: UInt64) -> Int {
    let value = Swift.min(value, Self.maxValue)
    let msb = value == 0 ? 0 : 63 - value.leadingZeroBitCount
    let shift = msb > subBits ? msb - subBits : 0
    return (shift << subBits) + Int(value >> UInt64(shift))
  }

  /// Smallest value of a bucket, and the smallest value above it.
  /// - Parameter bucket: 0..<``bucketCount``.
  /// - Returns: bounds in the unit of the values.
  package func bounds(of bucket: Int) -> (lower: UInt64, upper: UInt64) {
    let perOctave = 1 << subBits
    guard bucket >= 2 * perOctave else { return (UInt64(bucket), UInt64(bucket) + 1) }
    let shift = UInt64(bucket >> subBits) - 1
    let mantissa = UInt64(bucket & (perOctave - 1)) + UInt64(perOctave)
    return (mantissa << shift, (mantissa + 1) << shift)
  }

  /// The next coarser layout; nil below 1 bucket per octave.
  package var coarser: HistogramLayout? {
    subBits > 0 ? HistogramLayout(subBits: subBits - 1) : nil
  }
}
