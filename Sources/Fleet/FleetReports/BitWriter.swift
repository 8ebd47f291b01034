/// Writes bits, the most significant one of a byte first.
struct BitWriter {
  private var done: [UInt8] = []
  private var partial: UInt64 = 0
  private var held = 0

  /// Writes the low `count` bits of a value, 0...48; the value has no others.
  mutating func put(_ value: UInt64, _ count: Int) {
    partial = partial << UInt64(count) | value
    held += count
    while held >= 8 {
      held -= 8
      done.append(UInt8(truncatingIfNeeded: partial >> UInt64(held)))
    }
    partial &= (1 << UInt64(held)) - 1
  }

  /// The bytes, the last one filled up with zero bits.
  var bytes: [UInt8] {
    held == 0 ? done : done + [UInt8(truncatingIfNeeded: partial << UInt64(8 - held))]
  }
}
