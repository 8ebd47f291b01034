import Testing

@testable import ADB

/// Names that a device makes up.
@Suite struct SyncListTests {
  private func entry(_ name: String) -> [UInt8] {
    let bytes = Array(name.utf8)
    return Array("DENT".utf8) + LittleEndian.bytes(0o100644) + LittleEndian.bytes(1)
      + LittleEndian.bytes(2) + LittleEndian.bytes(UInt32(bytes.count)) + bytes
  }

  @Test func namesThatLeadOutOfTheDirectoryAreDropped() async throws {
    let names = [
      "..", ".", "", "/etc/passwd", "../up", "a/b", "in\0side", "../\u{301}up", "a\u{600}/b", "...",
      "kept",
    ]
    let end = Array("DONE".utf8) + [UInt8](repeating: 0, count: 16)
    let channel = ScriptedChannel(slowly: names.flatMap(entry) + end)
    var session = SyncSession(channel: channel)
    #expect(try await session.list("/x").map(\.name) == ["...", "kept"])
  }

  @Test func selectorsSayWhichDeviceIsMeant() {
    #expect(ServerSelector("transport-id:7") == .transportID(7))
    #expect(ServerSelector("transport-id:x") == .serial("transport-id:x"))
    #expect(ServerSelector("transport-id:7").transportRequest == "host:transport-id:7")
    #expect(ServerSelector("a:1").request("features") == "host-serial:a:1:features")
    #expect(ServerSelector("transport-id:7").request("features") == "host-transport-id:7:features")
    let twins = [1, 2].map { ListedDevice(serial: "same", state: .device, transportID: $0) }
    #expect(twins.filter { ServerSelector("transport-id:2").fits($0) } == [twins[1]])
    #expect(twins.filter { ServerSelector("same").fits($0) } == twins)
  }

  @Test(arguments: [
    (DeviceState.unauthorized, ADBError.unauthorized(serial: "x")),
    (.noPermissions("udev"), .noPermissions(serial: "x", detail: "udev")),
    (.recovery, .offline(serial: "x", state: "recovery")),
    (.other("detached"), .offline(serial: "x", state: "detached")),
  ])
  func statesThatServeNothingAreErrors(state: DeviceState, error: ADBError) {
    #expect(ADBError(state: state, serial: "x") == error)
    #expect(ADBError(state: .device, serial: "x") == nil)
  }
}
