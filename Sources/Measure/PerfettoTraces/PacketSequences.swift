/// What is known of the writers of a trace's packets, by their sequence.
struct PacketSequences {
  private struct Sequence {
    /// Whether what its packets refer to has been seen since the last loss.
    var hasState = false
    var clock: UInt64?
    /// Its first packet may have had others before it.
    var mayBeginLate = false
  }

  private var sequences: [UInt64: Sequence] = [:]
  /// Whether packets say whose they are; a trace that was written anew may not.
  private(set) var arePresent = false

  /// Takes note of a packet.
  /// - Returns: whether packets between the one before it, of its sequence, and it are missing.
  mutating func isAfterLoss(_ packet: TracePacket) -> Bool {
    if packet.sequence != 0 { arePresent = true }
    let isKnown = sequences[packet.sequence] != nil
    var sequence =
      sequences[packet.sequence] ?? Sequence(mayBeginLate: packet.isDropped && !packet.isFirst)
    if packet.isDropped { sequence.hasState = false }
    if packet.clearsState { sequence.hasState = true }
    sequences[packet.sequence] = sequence
    return packet.isDropped && isKnown && !packet.isFirst
  }

  /// Whether a packet needs what is not there.
  func lacksState(_ packet: TracePacket) -> Bool {
    packet.needsState && sequences[packet.sequence]?.hasState != true
      && [1, 2, 6, 34, 35, 69].contains(packet.payload?.number)
  }

  /// Whether the first packet of its sequence may have had others before it.
  func mayBeginLate(_ packet: TracePacket) -> Bool {
    sequences[packet.sequence]?.mayBeginLate == true
  }

  /// The clock of packets that name none; nil where the sequence names none either.
  func clock(of packet: TracePacket) -> UInt64? { sequences[packet.sequence]?.clock }

  /// Takes the TracePacketDefaults of a packet that was taken note of.
  mutating func take(
    _ defaults: Range<Int>, of packet: TracePacket, _ data: [UInt8]
  ) throws(PerfettoTraceError) {
    var reader = WireReader(data, defaults)
    while let field = try reader.next() {
      if field.number == 58 { sequences[packet.sequence]?.clock = field.number64 }
    }
  }
}
