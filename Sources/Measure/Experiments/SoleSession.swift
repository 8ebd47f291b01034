import AgentSession
import Devices

/// A session with a device's agent that has the device to itself.
///
/// Leases keep the jobs of one machine apart; only the device knows of those of others.
struct SoleSession: Sendable {
  let device: any Device
  let agent: InstalledAgent
  let toolVersion: String

  /// An agent whose host is gone ends by itself within 30 s.
  private static let limit = Duration.seconds(40)

  /// - Throws: `DeviceError.inUse` when another session does not end; `AgentSessionError`.
  func begin() async throws -> AgentClient {
    let deadline = ContinuousClock.now + Self.limit
    while true {
      let session = try await AgentClient.start(
        on: device, command: shellQuote(agent.agentPath), hostVersion: toolVersion)
      guard let other = session.facts.otherSession else { return session }
      try? await session.bye()
      await session.close()
      guard ContinuousClock.now < deadline else {
        throw DeviceError.inUse(
          device: device.name, holder: "another session of latgate: on the device, \(other)")
      }
      try await Task.sleep(for: .seconds(1))
    }
  }
}
