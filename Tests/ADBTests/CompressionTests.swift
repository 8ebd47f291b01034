import Testing

@testable import ADB

@Suite struct CompressionTests {
  private func part(_ bytes: [UInt8]) -> [UInt8] {
    Array("DATA".utf8) + LittleEndian.bytes(UInt32(bytes.count)) + bytes
  }

  /// A device may send on for ever: what belongs to no file is not kept.
  @Test(arguments: SyncCompression.allCases.filter { $0 != .none })
  func bytesAfterTheEndAreRefused(compression: SyncCompression) async throws {
    let compressor = try #require(try compression.compressor())
    let packed = try compressor.compress([1, 2, 3]) + compressor.finish()
    let done = Array("DONE".utf8) + [0, 0, 0, 0]
    var session = SyncSession(channel: ScriptedChannel([part(packed), done]))
    var received: [UInt8] = []
    try await session.receive("/x", compression: compression) { received += $0 }
    #expect(received == [1, 2, 3])
    let garbage = [UInt8](repeating: 0x55, count: 60_000)
    session = SyncSession(channel: ScriptedChannel([part(packed), part(garbage), done]))
    let error = await #expect(throws: ADBError.self) {
      try await session.receive("/x", compression: compression) { _ in }
    }
    guard case .transferFailed = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }
}
