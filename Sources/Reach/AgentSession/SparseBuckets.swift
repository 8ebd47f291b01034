import CAgentABI

/// One bucket of a histogram that holds something.
package struct SparseBucket: Sendable, Equatable {
  /// 0 up to, not including, `LG_HIST_BUCKETS`.
  package var index: Int
  /// At least 1.
  package var count: UInt64

  package init(index: Int, count: UInt64) {
    self.index = index
    self.count = count
  }
}

/// The agent's form of a histogram's buckets: LEB128 pairs of index difference and count.
package enum SparseBuckets {
  /// - Returns: the buckets in ascending order.
  /// - Throws: ``AgentSessionError/malformed(_:)`` for numbers that are cut off or too long,
  ///   an index that does not ascend or is out of range, or an empty bucket.
  package static func decode(_ bytes: [UInt8]) throws(AgentSessionError) -> [SparseBucket] {
    var buckets: [SparseBucket] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      let step = try number(&rest)
      let count = try number(&rest)
      let previous = buckets.last?.index
      if previous != nil && step == 0 { throw .malformed("histogram: a bucket occurs twice") }
      if count == 0 { throw .malformed("histogram: an empty bucket") }
      guard step < UInt64(LG_HIST_BUCKETS), case let index = (previous ?? 0) + Int(step),
        index < Int(LG_HIST_BUCKETS)
      else { throw .malformed("histogram: a bucket beyond the last one") }
      buckets.append(SparseBucket(index: index, count: count))
    }
    return buckets
  }

  private static func number(_ rest: inout ArraySlice<UInt8>) throws(AgentSessionError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while let byte = rest.popFirst() {
      let part = UInt64(byte & 0x7f)
      if shift > 63 || (part << shift) >> shift != part {
        throw .malformed("histogram: a number of more than 64 bits")
      }
      value |= part << shift
      if byte & 0x80 == 0 { return value }
      shift += 7
    }
    throw .malformed("histogram: a number that is cut off")
  }
}
