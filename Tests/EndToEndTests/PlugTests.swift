import Foundation
import Testing

/// The plug is pulled in the middle of a run: no hang, one clear error, nothing left behind.
@Suite(
  .serialized, .keepsDevices, .enabled(if: Tool.isEnabled, "needs a built tool: run ci/test"))
struct PlugTests {
  /// From the loss of a device, a server or latgate to the last consequence of it. Far above
  /// what it takes, as the machine may be slow; what is tested is that there is an end.
  private let bound = Duration.seconds(60)

  @Test func aDeviceThatDiesMidRunIsUnavailable() async throws {
    let share = try EndlessShare()
    let tool = Tool(share: share.path)
    try await DetachedDevice.with(tool: tool) { device in
      let run = try tool.start(
        ["run", "endless", "--device", device.name, "--reconnect", "2s"])
      #expect(try await device.isMeasuring(run))
      let machine = try #require(try device.processID())
      #expect(try await DetachedDevice.listed(by: tool)[device.name] == machine)
      #expect(kill(machine, SIGKILL) == 0)
      let made = try await run.end(within: bound)
      #expect(made.exitCode == 69)
      #expect(errors(in: made.errors) == 1, "\(made.errors)")
      #expect(made.output.isEmpty)
      #expect(try device.processID() == nil)
    }
  }

  @Test func nothingIsLeftWhenLatgateIsKilled() async throws {
    let share = try EndlessShare()
    let tool = Tool(share: share.path)
    try await DetachedDevice.with(tool: tool) { device in
      let before = try await device.settings()
      let run = try tool.start(["run", "endless", "--device", device.name])
      #expect(try await device.isMeasuring(run))
      #expect(try await device.attachments() != "")
      run.signal(SIGKILL)
      #expect(try await run.end(within: bound).exitCode == 128 + SIGKILL)
      #expect(try await eventually(within: bound) { try await device.programs().isEmpty })
      // A process that ends has no program any more before its descriptors are closed.
      #expect(try await eventually(within: bound) { try await device.attachments().isEmpty })
      #expect(try await device.settings() == before)
      // Only its teardown removes what a workload made, and nobody was left for that.
      _ = try await device.shell("rm -r \(EndlessShare.traces)")
      let next = try await tool.run("run", "smoke", "--device", device.name)
      #expect(next.exitCode == 0, "\(next.errors)")
    }
  }

  @Test func anInterruptedRunLeavesTheDeviceClean() async throws {
    let share = try EndlessShare()
    let tool = Tool(share: share.path)
    try await DetachedDevice.with(tool: tool) { device in
      let run = try tool.start(["run", "endless", "--device", device.name])
      #expect(try await device.isMeasuring(run))
      #expect(try await device.shell("ls \(EndlessShare.traces)") != "")
      run.signal(SIGINT)
      let made = try await run.end(within: bound)
      #expect(made.exitCode == 130)
      #expect(errors(in: made.errors) == 1, "\(made.errors)")
      #expect(try await device.shell("ls -d \(EndlessShare.traces) 2>/dev/null") == "")
      // The message promises it, so there is nothing to wait for.
      #expect(try await device.programs() == "")
      #expect(try await device.attachments() == "")
    }
  }

  @Test func anInterruptedCheckStopsItsDevices() async throws {
    let share = try EndlessShare()
    let results = try TemporaryDirectory()
    let tool = Tool(share: share.path)
    let directory = "\(results.path)/results"
    try await Bench.shared.alone {
      let check = try tool.start(["check", "endless", "--output", directory])
      let lanes = [1, 2].map { DetachedDevice(name: "check-\(check.processID)-\($0)", tool: tool) }
      var machines: [Int32] = []
      let up = try await eventually(within: .seconds(180)) {
        try #require(check.isRunning, "the check ended too early: \(check.errorsSoFar)")
        machines = try lanes.compactMap { try $0.processID() }
        return machines.count == lanes.count
      }
      #expect(up)
      for lane in lanes { #expect(try await lane.isMeasuring(check)) }
      check.signal(SIGINT)
      let made = try await check.end(within: bound)
      #expect(made.exitCode == 130)
      #expect(errors(in: made.errors) == 1, "\(made.errors)")
      #expect(made.output.isEmpty)
      for machine in machines { #expect(!Call.runs(machine), "QEMU \(machine) still runs") }
      let listed = try await DetachedDevice.listed(by: tool)
      #expect(lanes.allSatisfy { listed[$0.name] == nil })
    }
  }

  @Test func aKilledCheckTakesItsDevicesWithIt() async throws {
    let share = try EndlessShare()
    let results = try TemporaryDirectory()
    let tool = Tool(share: share.path)
    let directory = "\(results.path)/results"
    try await Bench.shared.alone {
      let check = try tool.start(
        ["check", "endless", "--lanes", "1", "--output", directory])
      let lane = DetachedDevice(name: "check-\(check.processID)-1", tool: tool)
      var machine: Int32?
      let up = try await eventually(within: .seconds(180)) {
        try #require(check.isRunning, "the check ended too early: \(check.errorsSoFar)")
        machine = try lane.processID()
        return machine != nil
      }
      #expect(up)
      check.signal(SIGKILL)
      _ = try await check.end(within: bound)
      let process = try #require(machine)
      #expect(try await eventually(within: bound) { !Call.runs(process) })
    }
  }

  @Test func anADBServerThatStopsMidRunIsReported() async throws {
    let share = try EndlessShare()
    // A server of its own: other tests use theirs at the same time.
    let tool = Tool(share: share.path, serverPort: Tool.serverPort + 1)
    try await DetachedDevice.with(tool: tool) { device in
      let run = try tool.start(
        ["run", "endless", "--device", device.name, "--reconnect", "0s"])
      #expect(try await device.isMeasuring(run))
      try await tool.stopServer()
      let made = try await run.end(within: bound)
      #expect(made.exitCode == 69)
      #expect(errors(in: made.errors) == 1, "\(made.errors)")
      #expect(try await eventually(within: bound) { try await device.programs().isEmpty })
      #expect(try await eventually(within: bound) { try await device.attachments().isEmpty })
      let next = try await tool.run("run", "smoke", "--device", device.name)
      #expect(next.exitCode == 0, "\(next.errors)")
    }
    try await tool.stopServer()
  }

  /// Errors that were reported.
  private func errors(in text: String) -> Int {
    text.split(separator: "\n").count { $0.contains("error: ") }
  }
}
