/// The fields of one event's message: small numbers. Of a field that comes more than once, the last
/// number and the first bytes count.
struct EventFields {
  /// Fields of the events that are known.
  private static let knownSlots = 12
  private var numbers: [UInt64]
  private var ranges: [Range<Int>]

  /// A bit for each field that is there; the last stands for all beyond.
  private var seen: UInt64 = 0

  /// Reads the message in `range`; `slots` is one more than the largest number of a field that is
  /// read, 0 = the usual.
  init(_ data: [UInt8], _ range: Range<Int>, slots: Int = 0) throws(PerfettoTraceError) {
    let slots = max(slots, Self.knownSlots)
    numbers = [UInt64](repeating: 0, count: slots)
    ranges = [Range<Int>](repeating: 0..<0, count: slots)
    var reader = WireReader(data, range)
    while let field = try reader.next() {
      seen |= 1 << UInt64(min(field.number, 63))
      guard field.number < slots else { continue }
      numbers[field.number] = field.number64
      if ranges[field.number].lowerBound == 0 { ranges[field.number] = field.bytes }
    }
  }

  /// Numbers of the fields that are there, each once; 63 for any from there on.
  var numbersSeen: [Int] { (0..<64).filter { seen >> UInt64($0) & 1 == 1 } }

  /// Whether all of some fields are there.
  func has(_ numbers: [Int]) -> Bool {
    numbers.allSatisfy { seen >> UInt64(min($0, 63)) & 1 == 1 }
  }

  /// A number; 0 when the field is not there.
  subscript(number: Int) -> UInt64 { numbers[number] }
  /// An int32, uint32 or what fits into one.
  func word(_ number: Int) -> UInt32 { UInt32(truncatingIfNeeded: numbers[number]) }
  /// Bytes of a text, of a list its first entry; empty when the field is not there.
  func text(_ number: Int) -> Range<Int> { ranges[number] }
}
