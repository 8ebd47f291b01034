import Testing

@testable import ADB

@Suite struct ConnectionStateTests {
  private static let classic = "device::features=shell_v2,cmd"
  private static let burst = "device::features=shell_v2,delayed_ack"

  private func online(_ banner: String, limit: UInt32 = 1 << 20) -> ADBConnectionState {
    var state = ADBConnectionState(receiveWindow: 1000)
    _ = state.handle(ADBPacket(.connect, 0x0100_0001, limit, payload: Array(banner.utf8)))
    return state
  }

  /// A stream that the device has answered with its number 40.
  private func opened(_ banner: String, credit: [UInt8] = []) -> (ADBConnectionState, UInt32) {
    var state = online(banner)
    let (id, _) = state.open("shell:")
    #expect(state.handle(ADBPacket(.okay, 40, id, payload: credit)) == [.opened(id)])
    return (state, id)
  }

  @Test func openingAsksWithANULAndNoWindow() {
    var state = online(Self.classic)
    let (id, actions) = state.open("sync:")
    #expect(actions == [.send(ADBPacket(.open, id, 0, payload: Array("sync:".utf8) + [0]))])
    #expect(!state.isWritable(id))
  }

  @Test func nothingIsBelievedBeforeTheIntroduction() {
    var state = ADBConnectionState()
    #expect(state.acceptedLimit == 4096)
    for command in [ADBPacket.Command.okay, .write, .close, .open] {
      #expect(state.handle(ADBPacket(command, 1, 1, payload: [1])) == [])
    }
    let token = [UInt8](repeating: 3, count: 20)
    #expect(
      state.handle(ADBPacket(.auth, 1, 0, payload: token)) == [.authenticate(token: token)])
    #expect(state.acceptedLimit == 4096)
  }

  @Test func classicStreamsHaveOnePacketInFlight() {
    var (state, id) = opened(Self.classic)
    #expect(state.isWritable(id))
    #expect(state.write(id, [1]) == [.send(ADBPacket(.write, id, 40, payload: [1]))])
    #expect(!state.isWritable(id))
    #expect(state.handle(ADBPacket(.okay, 40, id)) == [.writable(id)])
    // A second OKAY for one packet must not open a second one.
    _ = state.handle(ADBPacket(.okay, 40, id))
    _ = state.write(id, [2])
    #expect(!state.isWritable(id))
  }

  @Test func burstStreamsCountBytes() {
    var (state, id) = opened(Self.burst, credit: [3, 0, 0, 0])
    #expect(state.isWritable(id))
    // The last packet may overshoot.
    _ = state.write(id, [1, 2, 3, 4, 5])
    #expect(!state.isWritable(id))
    #expect(state.handle(ADBPacket(.okay, 40, id, payload: [2, 0, 0, 0])) == [])
    #expect(state.handle(ADBPacket(.okay, 40, id, payload: [1, 0, 0, 0])) == [.writable(id)])
    // Negative credit is legal.
    #expect(state.handle(ADBPacket(.okay, 40, id, payload: [0xff, 0xff, 0xff, 0xff])) == [])
    #expect(!state.isWritable(id))
    #expect(state.handle(ADBPacket(.write, 40, id, payload: [9, 9])) == [.received(id, [9, 9])])
    // An eighth of the window is acknowledged at once.
    #expect(state.consumed(id, 2) == [])
    let more = [UInt8](repeating: 1, count: 123)
    #expect(state.handle(ADBPacket(.write, 40, id, payload: more)) == [.received(id, more)])
    #expect(
      state.consumed(id, 123) == [.send(ADBPacket(.okay, id, 40, payload: [125, 0, 0, 0]))])
  }

  @Test func modesOfAcknowledgementDoNotMix() {
    var (classic, id) = opened(Self.classic)
    guard case .failed = classic.handle(ADBPacket(.okay, 40, id, payload: [1, 0, 0, 0])).first
    else {
      Issue.record("bytes in an OKAY")
      return
    }
    var burst = online(Self.burst)
    let (second, _) = burst.open("x")
    guard case .failed = burst.handle(ADBPacket(.okay, 40, second)).first else {
      Issue.record("no bytes in an OKAY")
      return
    }
  }

  @Test func aDeviceThatDoesNotWaitIsCutOff() {
    var (state, id) = opened(Self.classic)
    let packet = ADBPacket(.write, 40, id, payload: [UInt8](repeating: 0, count: 1 << 20))
    #expect(state.handle(packet).count == 1)
    guard case .failed = state.handle(packet).first else {
      Issue.record("a second packet before the first was taken")
      return
    }
  }

  @Test func closingFromBothSidesIsNoError() {
    var (state, id) = opened(Self.classic)
    #expect(state.close(id) == [.send(ADBPacket(.close, id, 40))])
    #expect(state.handle(ADBPacket(.close, 40, id)) == [])
    #expect(state.handle(ADBPacket(.close, 40, id)) == [])
    // What was under way when this side closed.
    #expect(
      state.handle(ADBPacket(.write, 40, id, payload: [1])) == [.send(ADBPacket(.close, id, 40))])
    let (next, _) = state.open("y")
    #expect(next != id)
  }

  @Test func aStreamGivenUpBeforeTheAnswerIsClosedAfterIt() {
    var state = online(Self.classic)
    let (id, _) = state.open("x")
    #expect(state.close(id) == [])
    #expect(state.handle(ADBPacket(.okay, 41, id)) == [.send(ADBPacket(.close, id, 41))])
    let (refused, _) = state.open("x")
    #expect(state.close(refused) == [])
    #expect(state.handle(ADBPacket(.close, 0, refused)) == [])
  }

  @Test func refusalAndEndDiffer() {
    var state = online(Self.classic)
    let (id, _) = state.open("no:")
    #expect(state.handle(ADBPacket(.close, 0, id)) == [.refused(id)])
    let (other, _) = state.open("yes:")
    _ = state.handle(ADBPacket(.okay, 50, other))
    #expect(state.handle(ADBPacket(.close, 51, other)) == [])
    #expect(state.handle(ADBPacket(.close, 50, other)) == [.ended(other)])
  }

  @Test func onlyOfferedServicesAreOpenedByTheDevice() {
    var state = online(Self.classic)
    let wish = ADBPacket(.open, 70, 0, payload: Array("tcp:22".utf8) + [0])
    #expect(state.handle(wish) == [.send(ADBPacket(.close, 0, 70))])
    state.offer("tcp:22")
    let actions = state.handle(wish)
    guard case .accepted(let id, "tcp:22") = actions.last else {
      Issue.record("\(actions)")
      return
    }
    #expect(actions.first == .send(ADBPacket(.okay, id, 70)))
    #expect(state.isWritable(id))
    state.withdraw("tcp:22")
    #expect(state.handle(wish) == [.send(ADBPacket(.close, 0, 70))])
  }

  @Test func aSecondIntroductionEndsAllStreams() {
    var (state, id) = opened(Self.classic)
    let again = state.handle(
      ADBPacket(.connect, 0x0100_0000, 4096, payload: Array("device::".utf8)))
    #expect(
      again == [
        .ended(id), .online(ADBBanner(state: .device, properties: [:], features: [])),
      ])
    #expect(state.payloadLimit == 4096)
    #expect(!state.supports("shell_v2"))
  }

  @Test func impossibleLimitsAreNotBelieved() {
    #expect(online(Self.classic, limit: 0).payloadLimit == 4096)
    #expect(online(Self.classic, limit: .max).payloadLimit == 1 << 20)
  }

  @Test func aDaemonThatOnlySpeaksEncryptedIsNamed() {
    var state = ADBConnectionState()
    #expect(
      state.handle(ADBPacket(.startTLS, 0x0100_0000, 0)) == [.failed(.encryptionRequired)])
  }

  @Test func unknownWordsArePassedOver() {
    var state = online(Self.classic)
    #expect(state.handle(ADBPacket(ADBPacket.Command(rawValue: 0x4141_4141), 1, 2)) == [])
  }
}
