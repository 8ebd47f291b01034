import POSIXSupport
import Testing

@testable import ADB

/// A device that takes a request and never answers.
private struct SilentChannel: ByteChannel {
  func read(deadline: Deadline?) async throws -> [UInt8] { throw TimeoutError(subject: "socket") }
  func write(_ bytes: [UInt8], deadline: Deadline?) async throws {}
  func close() {}
}

@Suite struct ReverseReplyTests {
  private let service = "reverse:forward:tcp:0;tcp:7"

  private func port(_ answer: String) async throws -> UInt16? {
    let channel = ScriptedChannel(slowly: Array(answer.utf8))
    return try await ReverseReply.port(of: service, over: channel, timeout: .seconds(9))
  }

  @Test func anyPortIsReported() async throws {
    #expect(try await port("OKAY000541234") == 41234)
    await #expect(throws: ADBError.refused(service: service, message: "no")) {
      try await port("FAIL0002no")
    }
    await #expect(
      throws: ADBError.malformed(service: service, detail: "“99999” instead of a port")
    ) { try await port("OKAY000599999") }
  }

  @Test func silenceIsAnErrorOfTheDevice() async throws {
    await #expect(throws: ADBError.timedOut(service: service, after: .seconds(9))) {
      try await ReverseReply.port(of: service, over: SilentChannel(), timeout: .seconds(9))
    }
  }
}
