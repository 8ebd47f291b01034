import AgentSession
import Devices

/// A session with a device's agent that has the device to itself.
///
/// Leases keep the jobs of one machine apart; only the device knows of those of others. What it
/// waits for is said at once.
struct SoleSession: Sendable {
  let device: any Device
  let agent: InstalledAgent
  let toolVersion: String
  /// How long another session may last. An agent whose host is gone ends by itself within 30 s, so
  /// that it is waited for in any case.
  let wait: Duration
  /// Takes what a user should know while nothing happens.
  let report: @Sendable (String) -> Void

  private static let least = Duration.seconds(40)

  /// - Throws: `DeviceError.inUse` when another session does not end; `AgentSessionError`.
  func begin() async throws -> AgentClient {
    let limit = max(wait, Self.least)
    let deadline = ContinuousClock.now + limit
    var isSaid = false
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
      if !isSaid {
        report(
          "\(device.name) is in use by another session of latgate: on the device, \(other); "
            + "waiting up to \(limit.components.seconds) s for its end")
        isSaid = true
      }
      try await Task.sleep(for: .seconds(1))
    }
  }
}
