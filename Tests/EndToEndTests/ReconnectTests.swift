import Foundation
import Testing

/// A device that goes away in the middle of an iteration and comes back.
@Suite(
  .serialized, .keepsDevices, .enabled(if: Tool.isEnabled, "needs a built tool: run ci/test"))
struct ReconnectTests {
  private static let tool = "\(Tool.repository)/.build/debug/latgate"
  /// adbd ends without notice; init starts it again.
  private static let killADBD = "killall -9 adbd"

  /// A run of the suite `trouble` and its record.
  private func run(
    _ tool: Tool, on device: String, _ options: String...
  ) async throws -> (record: Record, errors: String) {
    let directory = try TemporaryDirectory()
    let made = try await tool.start(
      ["run", "trouble", "--device", device, "--output", "\(directory.path)/runs"] + options
    ).end(within: .seconds(240))
    try #require(made.exitCode == 0, "\(made.errors)\n\(made.output)")
    #expect(made.errors.contains("device lost ("), "\(made.errors)")
    let names = try FileManager.default.contentsOfDirectory(atPath: "\(directory.path)/runs")
    let json = try #require(names.first { $0.hasSuffix(".json") })
    let data = try Data(contentsOf: URL(fileURLWithPath: "\(directory.path)/runs/\(json)"))
    return (try JSONDecoder().decode(Record.self, from: data), made.errors)
  }

  /// By the adb server and without one.
  @Test(arguments: [false, true])
  func anADBDThatRestartsCostsOneIteration(isDirect: Bool) async throws {
    let share = try TroubleShare(
      "\(Self.tool) device shell \"$1\" -- \(Self.killADBD) || true")
    let tool = Tool(share: share.path)
    try await DetachedDevice.with(tool: tool) { device in
      let name = isDirect ? "tcp:127.0.0.1:\(try device.port())" : device.name
      try await run(tool, on: name).record.expectResumed()
      #expect(try await device.programs() == "")
      #expect(try await device.attachments() == "")
    }
  }

  @Test func aConnectionCutInsideAFrameCostsOneIteration() async throws {
    let share = try TroubleShare("touch cut")
    let tool = Tool(share: share.path)
    let trigger = "\(share.marks)/cut"
    try await DetachedDevice.with(tool: tool) { device in
      let proxy = try CuttingProxy(to: try device.port(), trigger: trigger)
      defer { proxy.stop() }
      try await run(tool, on: "tcp:127.0.0.1:\(proxy.port)").record.expectResumed()
      #expect(proxy.count == 1)
    }
  }

  /// The reset button in the middle of an iteration: a boot is the unit of evidence, so the run
  /// begins again, and says so.
  @Test func aRestartBeginsTheRunAgain() async throws {
    let share = try TroubleShare(
      "\(Self.tool) device reset \"$(cat name)\" > /dev/null 2>&1 || exit 1")
    let tool = Tool(share: share.path)
    let marks = share.marks
    try await DetachedDevice.with(tool: tool) { device in
      try device.name.write(toFile: "\(marks)/name", atomically: true, encoding: .utf8)
      let (record, errors) = try await run(tool, on: "tcp:127.0.0.1:\(try device.port())")
      #expect(errors.contains("the run begins again"), "\(errors)")
      #expect(record.interruptions?.map(\.outcome) == ["repeated"])
      #expect(
        record.measured.map(\.dropCause) == ["device lost", "device lost", nil, nil, nil])
      #expect(record.measured.prefix(2).allSatisfy { $0.phases.isEmpty })
    }
  }

  /// A kernel that panicked stays silent until the file's command cycles the power.
  @Test func aSilentDeviceHasItsPowerCycled() async throws {
    // The panic may come before the shell's own end does, which then ends by the tool's limit.
    let share = try TroubleShare(
      """
      \(Self.tool) device shell "$1" -- \
      "(sleep 1; echo c > /proc/sysrq-trigger) > /dev/null 2>&1 &" || true
      sleep 2
      """)
    let tool = Tool(share: share.path)
    let path = share.path
    try await DetachedDevice.with(tool: tool) { device in
      try """
      device: board
      kind: adb
      serial: tcp:127.0.0.1:\(try device.port())
      reconnect: 3s
      commands:
        power_cycle: {run: \(Self.tool) device reset \(device.name), timeout: 3m}
      """.write(
        toFile: "\(path)/targets/devices/board.yaml", atomically: true, encoding: .utf8)
      let (record, errors) = try await run(tool, on: "board")
      #expect(errors.contains("cycling its power"), "\(errors)")
      #expect(record.interruptions?.map(\.outcome) == ["repeated"])
      #expect(record.interruptions?.map(\.powerCycles) == [1])
      #expect(record.measured.count { $0.dropped == nil } == 3)
    }
  }
}
