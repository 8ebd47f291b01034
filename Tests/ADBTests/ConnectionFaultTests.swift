import Foundation
import Glibc
import POSIXSupport
import Synchronization
import Testing

@testable import ADB

/// What a real daemon never does: a peer written down byte by byte at the other end of a socket.
@Suite struct ConnectionFaultTests {
  /// Our connection's link, and the peer's end.
  private func pair() throws -> (TCPLink, AsyncDescriptor) {
    var ends: [Int32] = [0, 0]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    try systemCall("socketpair") { socketpair(AF_UNIX, kind, 0, &ends) }
    for end in ends { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
    return (
      TCPLink(adopting: OwnedDescriptor(adopting: ends[0]), description: "peer"),
      try AsyncDescriptor(adopting: OwnedDescriptor(adopting: ends[1]), subject: "us")
    )
  }

  private func wire(_ packet: ADBPacket) -> [UInt8] { packet.header.bytes + packet.payload }

  private static let introduction = ADBPacket(
    .connect, 0x0100_0001, 1 << 20, payload: Array("device::features=shell_v2,cmd".utf8))

  private func online() async throws -> (ADBConnection, AsyncDescriptor) {
    let (link, peer) = try pair()
    try await peer.write(wire(Self.introduction))
    let connection = try await ADBConnection.open(over: link, keys: { [] }, timeout: .seconds(20))
    try await expect(peer, .connect)
    return (connection, peer)
  }

  /// Reads what we sent up to and with a packet of this kind.
  @discardableResult
  private func expect(
    _ peer: AsyncDescriptor, _ command: ADBPacket.Command
  ) async throws -> ADBPacket {
    let deadline = ContinuousClock.now + .seconds(20)
    var reader = BufferedChannel(peer)
    while true {
      let header = try ADBPacketHeader(
        try await reader.read(exactly: 24, service: "", deadline: deadline), limit: 1 << 20)
      let payload = try await reader.read(
        exactly: Int(header.length), service: "", deadline: deadline)
      if header.command == command {
        return ADBPacket(command, header.argument0, header.argument1, payload: payload)
      }
    }
  }

  @Test func leftoversOfAPredecessorAreIgnored() async throws {
    let (link, peer) = try pair()
    for packet in [
      ADBPacket(.write, 4, 5, payload: [1, 2, 3]), ADBPacket(.okay, 4, 5),
      ADBPacket(.close, 4, 5), Self.introduction,
    ] { try await peer.write(wire(packet)) }
    let connection = try await ADBConnection.open(over: link, keys: { [] }, timeout: .seconds(20))
    #expect(connection.supports("shell_v2"))
    connection.close()
  }

  @Test func aSilentPeerIsGivenUpInTime() async throws {
    let (link, peer) = try pair()
    await #expect(throws: ADBError.timedOut(service: "adb", after: .milliseconds(300))) {
      try await ADBConnection.open(over: link, keys: { [] }, timeout: .milliseconds(300))
    }
    peer.close()
  }

  @Test func aPeerThatStopsInsideAPacketIsGivenUpInTime() async throws {
    let (connection, peer) = try await online()
    let opening = Task { try await connection.open("shell:", timeout: .seconds(2)) }
    try await expect(peer, .open)
    try await peer.write(Array(wire(ADBPacket(.write, 1, 1, payload: [1, 2, 3])).dropLast(2)))
    await #expect(throws: ADBError.timedOut(service: "shell:", after: .seconds(2))) {
      _ = try await opening.value
    }
    connection.close()
  }

  private final class End: Sendable {
    let isOver = Atomic<Bool>(false)
  }

  /// Each byte comes when the one before was taken, so that there is always another to wait for.
  @Test func aPeerThatSendsAByteNowAndThenIsGivenUpInTime() async throws {
    var ends: [Int32] = [0, 0]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    try systemCall("socketpair") { socketpair(AF_UNIX, kind, 0, &ends) }
    let (near, far) = (ends[0], ends[1])
    let link = TCPLink(adopting: OwnedDescriptor(adopting: near), description: "peer")
    let end = End()
    let bytes = wire(ADBPacket(.write, 1, 1, payload: [UInt8](repeating: 7, count: 1 << 20)))
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        defer { close(far) }
        for byte in bytes {
          var (seen, sent): (UInt8, UInt8) = (0, byte)
          while recv(near, &seen, 1, Int32(MSG_PEEK)) == 1 {
            if end.isOver.load(ordering: .acquiring) { return }
            sched_yield()
          }
          if end.isOver.load(ordering: .acquiring) { return }
          _ = send(far, &sent, 1, Int32(MSG_NOSIGNAL))
        }
      }
      let packet = try await offloaded { try link.receive(limit: 1 << 20) }
      end.isOver.store(true, ordering: .releasing)
      #expect(packet == nil)
      try await group.waitForAll()
      withExtendedLifetime(link) {}
    }
  }

  @Test func aCutPacketIsOneError() async throws {
    let (connection, peer) = try await online()
    let opening = Task { try await connection.open("shell:") }
    try await expect(peer, .open)
    try await peer.write(Array(wire(ADBPacket(.okay, 9, 1)).dropLast(4)))
    peer.close()
    await #expect(
      throws: ADBError.disconnected(service: "adb", detail: "it ended inside a packet")
    ) { _ = try await opening.value }
    #expect(connection.failure != nil)
    connection.close()
  }

  @Test(arguments: [0, 20])
  func garbageEndsTheConnection(place: Int) async throws {
    let (connection, peer) = try await online()
    let opening = Task { try await connection.open("shell:") }
    try await expect(peer, .open)
    var bytes = wire(ADBPacket(.okay, 9, 1))
    bytes[place] ^= 0x55
    try await peer.write(bytes)
    let error = await #expect(throws: ADBError.self) { _ = try await opening.value }
    guard case .malformed("adb", _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    connection.close()
  }

  @Test func anOversizePayloadEndsTheConnection() async throws {
    let (connection, peer) = try await online()
    let opening = Task { try await connection.open("shell:") }
    try await expect(peer, .open)
    let header = ADBPacketHeader(
      command: .write, argument0: 9, argument1: 1, length: 0xffff_fff0, check: 0)
    try await peer.write(header.bytes)
    await #expect(
      throws: ADBError.malformed(
        service: "adb", detail: "a payload of 4294967280 bytes, where 1048576 were agreed on")
    ) { _ = try await opening.value }
    connection.close()
  }

  @Test func aDeviceWithoutOurKeyIsUnauthorized() async throws {
    let (link, peer) = try pair()
    let token = ADBPacket(.auth, 1, 0, payload: [UInt8](repeating: 1, count: 20))
    try await peer.write(wire(token))
    await #expect(throws: ADBError.unauthorized(serial: "peer")) {
      try await ADBConnection.open(over: link, keys: { [] }, timeout: .seconds(20))
    }
  }

  @Test func anEarlyRefusalOfAPushIsHeard() async throws {
    let (connection, peer) = try await online()
    let pushing = Task {
      let channel = try await connection.open("sync:")
      var session = SyncSession(channel: channel, stallLimit: .seconds(20))
      let file = MemorySource([UInt8](repeating: 1, count: 8 << 20))
      try await session.send(to: "/x", mode: 0o100644, modified: 0, from: file)
    }
    let open = try await expect(peer, .open)
    let id = open.argument0
    try await peer.write(wire(ADBPacket(.okay, 33, id)))
    try await expect(peer, .write)
    // The device says why before it has taken the file, and hangs up.
    let reason = Array("FAIL".utf8) + [4, 0, 0, 0] + Array("full".utf8)
    try await peer.write(wire(ADBPacket(.write, 33, id, payload: reason)))
    try await peer.write(wire(ADBPacket(.close, 33, id)))
    await #expect(throws: ADBError.transferFailed(path: "/x", message: "full")) {
      try await pushing.value
    }
    connection.close()
  }

  @Test func cancellingAWaitLeavesTheConnection() async throws {
    let (connection, peer) = try await online()
    let task = Task { try await connection.open("shell:") }
    let open = try await expect(peer, .open)
    task.cancel()
    await #expect(throws: CancellationError.self) { _ = try await task.value }
    // The late answer is turned down, and the next stream works.
    try await peer.write(wire(ADBPacket(.okay, 12, open.argument0)))
    try await expect(peer, .close)
    async let second = connection.open("again:")
    let next = try await expect(peer, .open)
    try await peer.write(wire(ADBPacket(.okay, 13, next.argument0)))
    let channel = try await second
    channel.close()
    connection.close()
  }
}
