import CAgentABI
import Devices
import Testing

@testable import AgentSession

/// An agent that answers with one frame after the other and never with the last.
private struct EndlessStream: DeviceStream {
  func read() async throws -> [UInt8]? {
    AgentFrame(type: UInt16(LG_MSG_HOOK), sequence: 1, payload: []).bytes
  }

  func write(_ bytes: [UInt8]) async throws {}
  func standardError() async -> String { "" }
  func exitCode() async -> Int32? { nil }
  func close() async {}
}

@Suite struct EndlessAnswerTests {
  @Test func anAnswerWithoutEndIsGivenUp() async throws {
    let exchange = AgentExchange(stream: EndlessStream(), answerLimit: 100_000)
    let request = AgentRequest(type: LG_MSG_PING, name: "PING", payload: [])
    await #expect(
      throws: AgentSessionError.malformed("more than 100000 bytes in answer to PING")
    ) { try await exchange.ask(request, timeout: .seconds(60)) }
  }
}
