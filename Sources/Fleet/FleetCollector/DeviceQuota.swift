/// How much one device may send: a bucket of tokens per name of a certificate, one token a request.
///
/// A bucket that is full again is forgotten, so that memory follows the devices that sent lately.
struct DeviceQuota {
  /// Tokens of a full bucket: what a device may send at once.
  let burst: Double
  /// Tokens that come back in a day.
  let perDay: Double
  /// Buckets that are kept.
  private let capacity: Int
  private var buckets: [String: (tokens: Double, at: UInt64)] = [:]

  private static let day: Double = 86_400_000

  init(burst: Int, perDay: Int, capacity: Int = 1_000_000) {
    self.burst = Double(max(1, burst))
    self.perDay = Double(max(1, perDay))
    self.capacity = max(1, capacity)
  }

  /// Takes a token of a device at a time in milliseconds.
  /// - Returns: nil when the request may go on; else the seconds after which there is a token again.
  mutating func take(_ name: String, now: UInt64) -> Int? {
    let known = buckets[name]
    if known == nil, buckets.count >= capacity {
      forgetFull(now)
      guard buckets.count < capacity else { return 60 }
    }
    let tokens = known.map { level($0, now) } ?? burst
    guard tokens >= 1 else {
      buckets[name] = (tokens, now)
      return Int(((1 - tokens) / perDay * Self.day / 1000).rounded(.up))
    }
    buckets[name] = (tokens - 1, now)
    return nil
  }

  /// Takes further tokens of a device whose request went on; it may owe some then.
  mutating func charge(_ name: String, tokens: Double) {
    buckets[name]?.tokens -= tokens
  }

  private func level(_ bucket: (tokens: Double, at: UInt64), _ now: UInt64) -> Double {
    let passed = now > bucket.at ? Double(now - bucket.at) : 0
    return min(burst, bucket.tokens + passed * perDay / Self.day)
  }

  private mutating func forgetFull(_ now: UInt64) {
    buckets = buckets.filter { level($0.value, now) < burst }
  }
}
