import Testing

@testable import ADB

@Suite struct StreamTests {
  @Test func shellSeparatesItsStreams() async throws {
    let channel = ScriptedChannel(
      slowly: [
        1, 2, 0, 0, 0, 0x61, 0x62, 2, 1, 0, 0, 0, 0x65, 1, 1, 0, 0, 0, 0x63, 3, 1, 0, 0, 0, 137,
      ])
    let shell = ShellStream(channel: channel)
    #expect(try await shell.read() == [0x61, 0x62])
    #expect(await shell.exitCode == nil)
    #expect(try await shell.read() == [0x63])
    #expect(try await shell.read() == nil)
    #expect(await shell.standardError == [0x65])
    #expect(await shell.exitCode == 137)
  }

  @Test func endWithoutExitCodeIsAnError() async throws {
    let shell = ShellStream(channel: ScriptedChannel([[1, 1, 0, 0, 0, 0x61]]))
    #expect(try await shell.read() == [0x61])
    await #expect(
      throws: ADBError.disconnected(
        service: "shell", detail: "the connection ended before the command did")
    ) { try await shell.read() }
    #expect(try await shell.read() == nil)
  }

  @Test func fileIsSentInFrames() async throws {
    let channel = ScriptedChannel([Array("OKAY".utf8) + [0, 0, 0, 0]])
    var session = SyncSession(channel: channel)
    try await session.send(
      to: "/tmp/a,b", mode: 0o100755, modified: 0x0102_0304, from: MemorySource([1, 2, 3]))
    #expect(
      channel.written == Array("SEND".utf8) + [14, 0, 0, 0] + Array("/tmp/a,b,33261".utf8)
        + Array("DATA".utf8) + [3, 0, 0, 0, 1, 2, 3] + Array("DONE".utf8) + [4, 3, 2, 1])
  }

  @Test func largePartsAreCut() async throws {
    let channel = ScriptedChannel([Array("OKAY".utf8) + [0, 0, 0, 0]])
    var session = SyncSession(channel: channel)
    let file = [UInt8](repeating: 7, count: 65_529)
    try await session.send(to: "/x", mode: 0o100644, modified: 0, from: MemorySource(file))
    let data = channel.written.dropFirst(8 + "/x,33188".utf8.count)
    // With its header a part is as long as an even share of a packet.
    #expect(data.prefix(8) == Array("DATA".utf8)[...] + [0xf8, 0xff, 0, 0])
    #expect(data.dropFirst(65_536).prefix(9) == Array("DATA".utf8)[...] + [1, 0, 0, 0, 7])
  }

  @Test func refusedFileTellsTheDevicesReason() async throws {
    let reason = Array("Read-only file system".utf8)
    let channel = ScriptedChannel(slowly: Array("FAIL".utf8) + [21, 0, 0, 0] + reason)
    var session = SyncSession(channel: channel)
    await #expect(
      throws: ADBError.transferFailed(path: "/x", message: "Read-only file system")
    ) {
      try await session.send(to: "/x", mode: 0o100644, modified: 0, from: MemorySource([]))
    }
  }

  @Test func fileIsReceivedInOrder() async throws {
    let wire: [UInt8] =
      Array("DATA".utf8) + [2, 0, 0, 0, 1, 2] + Array("DATA".utf8) + [1, 0, 0, 0, 3]
      + Array("DONE".utf8) + [0, 0, 0, 0]
    for channel in [ScriptedChannel(slowly: wire), ScriptedChannel([wire])] {
      var session = SyncSession(channel: channel)
      var file: [UInt8] = []
      try await session.receive("/etc/x") { file += $0 }
      #expect(file == [1, 2, 3])
      #expect(channel.written == Array("RECV".utf8) + [6, 0, 0, 0] + Array("/etc/x".utf8))
    }
  }

  @Test func statusOfAMissingFileIsNil() async throws {
    let channel = ScriptedChannel([
      Array("STAT".utf8) + [UInt8](repeating: 0, count: 12),
      Array("STAT".utf8) + [0xa4, 0x81, 0, 0, 0, 1, 0, 0, 9, 0, 0, 0],
    ])
    var session = SyncSession(channel: channel)
    #expect(try await session.status(of: "/no") == nil)
    #expect(
      try await session.status(of: "/yes")
        == SyncFileStatus(mode: 0o100644, size: 256, modified: 9))
  }

  @Test(arguments: [
    Array("DATA".utf8) + [1, 0, 1, 0],
    Array("OKAY".utf8) + [0, 0, 0, 0],
    Array("GARB".utf8) + [0, 0, 0, 0],
  ])
  func wrongFramesAreRefused(wire: [UInt8]) async throws {
    var session = SyncSession(channel: ScriptedChannel([wire]))
    let error = await #expect(throws: ADBError.self) { try await session.receive("/x") { _ in } }
    guard case .malformed(service: "sync", detail: _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func tooLongPathsAreRefusedHere() async throws {
    let path = "/" + String(repeating: "p", count: 1024)
    #expect(
      throws: ADBError.transferFailed(path: path, message: "the path is longer than 1024 bytes")
    ) { try SyncFrame.request("RECV", path: path) }
  }
}
