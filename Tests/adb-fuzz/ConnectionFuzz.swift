/// A peer that says protocol words in any order: data before CNXN, late and doubled CLSE, credit
/// that was not asked for. Holds what comes out against what an owner relies on.
struct ConnectionFuzz {
  private var state: ADBConnectionState
  /// Streams that may still be read or written, by this side's number.
  private var live: Set<UInt32> = []
  private var asked: [UInt32] = []
  private var isOnline = false
  private var hasFailed = false

  init() {
    state = ADBConnectionState(receiveWindow: 1 << 16)
    state.offer("back")
  }

  mutating func run(_ input: ArraySlice<UInt8>) {
    _ = state.start()
    var rest = input
    func take(_ rest: inout ArraySlice<UInt8>) -> UInt32 {
      UInt32(rest.popFirst() ?? 0)
    }
    while !rest.isEmpty, !hasFailed {
      let word = take(&rest)
      let (one, two) = (take(&rest), take(&rest))
      // Numbers this side uses are small, so most are met.
      let id = asked.isEmpty ? two : asked[Int(two) % asked.count]
      switch word % 16 {
      case 0: introduce(withCredit: one & 1 == 1, limit: two << 12)
      case 1:
        let (id, actions) = state.open("shell:")
        asked.append(id)
        note(actions)
      case 2, 3:
        let credit = LittleEndian.bytes(one &* 0x0101_0101)
        receive(ADBPacket(.okay, two % 4, id, payload: word % 16 == 2 ? [] : credit))
      case 4, 5:
        let payload = [UInt8](repeating: 7, count: Int(two) << 6)
        receive(ADBPacket(.write, one % 4, id, payload: payload))
      case 6: receive(ADBPacket(.close, one % 4, id))
      case 7: receive(ADBPacket(.close, 0, one))
      case 8: receive(ADBPacket(.open, one % 4, two, payload: Array("back\0".utf8)))
      case 9: receive(ADBPacket(.open, one, two, payload: Array(rest.prefix(8))))
      case 10: receive(ADBPacket(.auth, one % 4, 0, payload: Array(rest.prefix(20))))
      case 11: receive(ADBPacket(ADBPacket.Command(rawValue: word << 16 | one), two, id))
      case 12: note(state.consumed(id, Int(min(two, 64))))
      case 13:
        let size = min(Int(one) << 5, state.payloadLimit)
        if state.isWritable(id) { note(state.write(id, [UInt8](repeating: 1, count: size))) }
      case 14:
        note(state.close(id))
        live.remove(id)
      default: receive(ADBPacket(.startTLS, one, two))
      }
    }
  }

  private mutating func introduce(withCredit: Bool, limit: UInt32) {
    let features = withCredit ? "shell_v2,delayed_ack" : "shell_v2"
    isOnline = true
    live = []
    receive(
      ADBPacket(.connect, 0x0100_0001, limit, payload: Array("device::features=\(features)".utf8)))
  }

  private mutating func receive(_ packet: ADBPacket) {
    note(state.handle(packet))
  }

  private mutating func note(_ actions: [ADBConnectionState.Action]) {
    for action in actions {
      switch action {
      case .send(let packet):
        check(
          packet.payload.count <= max(state.payloadLimit, ADBPacket.introductionLimit),
          "what is sent keeps the agreed size")
      case .authenticate, .online: break
      case .opened(let id), .accepted(let id, _):
        check(isOnline, "nothing opens before CNXN")
        live.insert(id)
      case .refused(let id): check(!live.contains(id), "an open stream is not refused")
      case .received(let id, let bytes):
        check(live.contains(id), "only open streams receive")
        check(!bytes.isEmpty, "what is received is not empty")
      case .writable(let id): check(live.contains(id), "only open streams are written to")
      case .ended(let id): live.remove(id)
      case .failed: hasFailed = true
      }
    }
  }
}
