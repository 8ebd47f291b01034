import Foundation
import Testing

/// Two jobs that want one device.
@Suite(.serialized, .enabled(if: Tool.isEnabled, "needs a built tool: run ci/test"))
struct LeaseTests {
  @Test func theSecondJobFailsOrWaits() async throws {
    let share = try EndlessShare(hasSetup: false)
    let tool = Tool(share: share.path)
    try await DetachedDevice.with(tool: tool) { device in
      let first = try tool.start(["run", "endless", "--device", device.name])
      #expect(try await device.isMeasuring(first))
      // By its name, and by its address without an adb server.
      for name in [device.name, "tcp:127.0.0.1:\(try device.port())"] {
        let second = try await tool.run("run", "smoke", "--device", name)
        #expect(second.exitCode == 69, "\(second.errors)")
        #expect(second.errors.contains("process \(first.processID) of user"), "\(second.errors)")
        #expect(second.errors.contains("latgate run endless"), "\(second.errors)")
      }
      #expect(try await device.isMeasuring(first))

      let third = try tool.start(
        ["run", "smoke", "--device", device.name, "--wait-for-device", "5m"])
      let waits = try await eventually(within: .seconds(60)) {
        third.errorsSoFar.contains("in use by process \(first.processID)")
      }
      #expect(waits, "\(third.errorsSoFar)")
      // The kernel takes the lease of a killed job back.
      first.signal(SIGKILL)
      _ = try await first.end(within: .seconds(60))
      let made = try await third.end(within: .seconds(120))
      #expect(made.exitCode == 0, "\(made.errors)")
    }
  }
}
