/// A packet: what it holds, and what the fields around that say of it.
struct TracePacket {
  var timestamp: UInt64?
  var clock: UInt64?
  /// Of the writer; 0 = not known.
  var sequence: UInt64 = 0
  /// 0 = the one that perfetto's service runs on.
  var machine: UInt64 = 0
  /// Packets of the sequence before this one are missing, or it is the first.
  var isDropped = false
  /// The writer says that it is the first, which leaves nothing missing.
  var isFirst = false
  /// State that later packets refer to begins anew.
  var clearsState = false
  var needsState = false
  /// TracePacketDefaults for the packets after it.
  var defaults: Range<Int>?
  /// The last of the fields that stand for data, of which a packet has one.
  var payload: WireField?
  /// Why the trace does not count.
  var refusals: [String] = []

  init(_ data: [UInt8], _ range: Range<Int>) throws(PerfettoTraceError) {
    var reader = WireReader(data, range)
    while let field = try reader.next() {
      switch field.number {
      case 8: timestamp = field.number64
      case 10: sequence = field.number64
      case 13:
        clearsState = clearsState || field.number64 & 1 != 0
        needsState = field.number64 & 2 != 0
      case 41: clearsState = clearsState || field.number64 != 0
      case 42: isDropped = field.number64 != 0
      case 58: clock = field.number64
      case 59: defaults = field.bytes
      case 87: isFirst = field.number64 != 0
      case 98: machine = field.number64
      case 1, 2, 6, 33, 34, 35, 45, 50, 69, 124, 133, 138: payload = field
      default:
        if let reason = TraceMessage.packet.refusal(of: field.number) { refusals.append(reason) }
      }
    }
  }
}
