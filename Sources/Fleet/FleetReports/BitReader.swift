/// Reads bits, the most significant one of a byte first.
struct BitReader {
  private let bytes: [UInt8]
  private let end: Int
  private var next: Int
  /// What was taken from the bytes, at the top; the rest is 0.
  private var window: UInt64 = 0
  private var held = 0

  init(_ bytes: [UInt8], from start: Int, end: Int) {
    self.bytes = bytes
    self.end = end
    next = start
  }

  private mutating func fill() {
    while held <= 56, next < end {
      window |= UInt64(bytes[next]) << UInt64(56 - held)
      held += 8
      next += 1
    }
  }

  /// - Parameter count: 0...48.
  /// - Returns: nil at the end of the bytes.
  mutating func take(_ count: Int) -> UInt64? {
    if held < count { fill() }
    guard held >= count else { return nil }
    guard count > 0 else { return 0 }
    let value = window >> UInt64(64 - count)
    window <<= UInt64(count)
    held -= count
    return value
  }

  /// One-bits up to a zero bit, which is taken as well, or `limit` of them.
  /// - Returns: how many; nil at the end of the bytes.
  mutating func ones(limit: Int) -> Int? {
    if held <= limit { fill() }
    let ones = min((~window).leadingZeroBitCount, limit)
    let used = ones < limit ? ones + 1 : limit
    return take(used) == nil ? nil : ones
  }

  /// Takes the bits up to the next byte.
  /// - Returns: the position of that byte; nil when a bit was not 0.
  mutating func align() -> Int? {
    let padding = held % 8
    guard take(padding) == 0 else { return nil }
    return next - held / 8
  }
}
