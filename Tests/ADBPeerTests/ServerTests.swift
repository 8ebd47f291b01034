import ADB
import ADBPeers
import Devices
import Foundation
import Testing

/// The adb server adapter with the servers of adb 29 and 34, each on a port of its own.
@Suite(
  .enabled(if: RealADBD.isEnabled, "set LATGATE_E2E=1 and run as root: extracts and starts adbd"),
  .serialized)
struct ServerTests {
  private static let limit: Duration = .seconds(120)

  /// The next list that a condition holds for.
  private func list(
    of tracker: DeviceTracker, where condition: ([ListedDevice]) -> Bool
  ) async throws -> [ListedDevice] {
    while true {
      let devices = try await tracker.next()
      if condition(devices) { return devices }
    }
  }

  @Test(.timeLimit(.minutes(10)), arguments: AdbProgram.Version.allCases)
  func devicesAreFollowedNamedAndWaitedFor(version: AdbProgram.Version) async throws {
    let port: UInt16 = version == .debian12 ? 6681 : 6682
    let daemon = try await RealADBD.start(port: port)
    let program = AdbProgram(daemon: daemon, version: version)
    try await program.startServer()
    let server = ADBServer(address: ServerAddress(port: program.serverPort))
    let serial = "127.0.0.1:\(port)"
    let tracker = try await server.track()
    #expect(try await tracker.next().isEmpty)

    async let isThere: Void = server.wait(for: serial, until: .device, timeout: Self.limit)
    try await server.connect(serial)
    try await isThere
    let listed = try await list(of: tracker) { $0.first?.state == .device }
    let id = try #require(listed.first).transportID
    #expect(listed.map(\.serial) == [serial] && id > 0)

    let byID = ADBDevice(serial: "transport-id:\(id)", server: server)
    #expect(try await byID.exec("echo id", timeout: Self.limit).text == "id\n")
    #expect(try await byID.transport.features(timeout: Self.limit).contains("shell_v2"))
    #expect(try await byID.transport.state(timeout: Self.limit) == .device)
    await #expect(throws: DeviceError.self) {
      try await ADBDevice(serial: "transport-id:\(id + 100)", server: server)
        .exec("true", timeout: Self.limit)
    }

    // A device that vanishes is reported, and so is every wait for it.
    async let isGone: Void = server.wait(for: serial, until: .disconnect, timeout: Self.limit)
    try await server.disconnect(serial)
    try await isGone
    _ = try await list(of: tracker) { $0.isEmpty }
    let error = await #expect(throws: DeviceError.self) {
      try await ADBDevice(serial: serial, server: server).exec("true", timeout: Self.limit)
    }
    #expect(error == .notFound(device: serial, known: []))
    await #expect(
      throws: ADBError.timedOut(
        service: "host-serial:\(serial):wait-for-any-device", after: .milliseconds(300))
    ) { try await server.wait(for: serial, until: .device, timeout: .milliseconds(300)) }

    // One whose daemon dies is never called ready again.
    try await server.connect(serial)
    _ = try await list(of: tracker) { $0.first?.state == .device }
    daemon.stop()
    _ = try await list(of: tracker) { $0.first?.state != .device }
    let dead = await #expect(throws: DeviceError.self) {
      try await ADBDevice(serial: serial, server: server).exec("true", timeout: Self.limit)
    }
    switch dead {
    case .offline, .notFound, .disconnected: break
    default: Issue.record("\(String(describing: dead))")
    }
    await program.stop()
    // The tracker reports the server's end.
    await #expect(throws: ADBError.self) { while true { _ = try await tracker.next() } }
    tracker.close()
    _ = consume daemon
  }

  @Test(.timeLimit(.minutes(10)), arguments: AdbProgram.Version.allCases)
  func aStrangerIsUnauthorized(version: AdbProgram.Version) async throws {
    let port: UInt16 = version == .debian12 ? 6683 : 6684
    let daemon = try await RealADBD.start(port: port, authorizedKeys: [])
    let program = AdbProgram(daemon: daemon, version: version)
    try await program.startServer()
    let server = ADBServer(address: ServerAddress(port: program.serverPort))
    let serial = "127.0.0.1:\(port)"
    let tracker = try await server.track()
    // It says that it failed, and lists the device all the same.
    try? await server.connect(serial)
    // adb 29 sends its trackers no list when a device refuses the key.
    while try await server.devices().first?.state != .unauthorized {
      try await Task.sleep(for: .milliseconds(50))
    }
    if version == .sameAsDaemon {
      _ = try await list(of: tracker) { $0.first?.state == .unauthorized }
    }
    await #expect(throws: DeviceError.unauthorized(device: serial)) {
      try await ADBDevice(serial: serial, server: server).exec("true", timeout: Self.limit)
    }
    tracker.close()
    await program.stop()
    _ = consume daemon
  }

  /// What a program on the device reaches through the reverse is the daemon itself.
  private func reachesBack(_ device: ADBDevice, to port: UInt16) async throws {
    let (places, reports) = AsyncStream.makeStream(of: String.self)
    let reversing = Task {
      try await device.reverse("tcp:0", to: "tcp:\(port)") { reports.yield($0) }
    }
    var found = places.makeAsyncIterator()
    let place = try #require(await found.next())
    let listening = try #require(UInt16(place.dropFirst("tcp:".count)))
    let transport = DirectTransport(
      host: "127.0.0.1", port: listening,
      keys: ADBKeyStore(userKey: "/nonexistent/adbkey", comment: "test@latgate"))
    let text = try await ADBDevice(transport: transport)
      .exec("echo around", timeout: Self.limit).text
    #expect(text == "around\n")
    await transport.disconnect()
    reversing.cancel()
    await #expect(throws: CancellationError.self) { try await reversing.value }
    reports.finish()
  }

  @Test(.timeLimit(.minutes(10)))
  func programsOnTheDeviceReachThisMachine() async throws {
    let daemon = try await RealADBD.start(port: 6685)
    let keys = ADBKeyStore(userKey: "\(daemon.work)/adbkey", comment: "test@latgate")
    let direct = DirectTransport(host: "127.0.0.1", port: 6685, keys: keys)
    try await reachesBack(ADBDevice(transport: direct), to: 6685)
    for version in AdbProgram.Version.allCases {
      let program = AdbProgram(daemon: daemon, version: version)
      try await program.startServer()
      let server = ADBServer(address: ServerAddress(port: program.serverPort))
      try await server.connect("127.0.0.1:6685")
      let device = ADBDevice(serial: "127.0.0.1:6685", server: server)
      try await reachesBack(device, to: 6685)
      let list = try await program.run("reverse --list")
      #expect(!list.text.contains("tcp:"), "taken back at the end")
      await program.stop()
    }
    _ = consume daemon
  }
}
