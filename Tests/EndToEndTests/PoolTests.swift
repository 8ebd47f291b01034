import Foundation
import Testing

/// Several devices in one command, and firmwares that commands change.
@Suite(.serialized, .enabled(if: Tool.isEnabled, "needs a built tool: run ci/test"))
struct PoolTests {
  private struct Report: Decodable {
    struct Device: Decodable {
      var name: String
      var exitCode: Int32
      var outcome: String
      var detail: String
      var directory: String
    }

    var exitCode: Int32
    var devices: [Device]
  }

  private func check(
    _ tool: Tool, _ options: String..., format: String = "json"
  ) async throws -> Call.Result {
    try await tool.start(
      ["check", "trouble", "--runs", "1", "--most-runs", "1", "--format", format] + options
    ).end(within: .seconds(400))
  }

  /// The QEMU of one device is killed in the middle of its second run; the other continues to its
  /// verdict, which one run of each arm cannot decide.
  @Test func oneDevicesFailureDoesNotStopTheOther() async throws {
    let share = try TroubleShare("true", iterations: 1)
    try share.write(
      """
      #!/bin/sh
      for process in /proc/[0-9]*; do
        words=$(tr '\\0' ' ' 2> /dev/null < "$process/cmdline")
        case $words in
          *qemu*"hostfwd=tcp:$1-"*) ;;
          *) continue ;;
        esac
        case $words in
          *doomed.unit=1*) kill -9 "${process#/proc/}" ;;
        esac
      done
      exit 0
      """, to: "trouble.sh")
    try share.write(
      """
      device: doomed
      kind: virtual
      firmwares:
        reference: {kernel: "6.1", cmdline: doomed.unit=0}
        debug-left-on: {extends: reference, cmdline: doomed.unit=1}
      """, to: "targets/devices/doomed.yaml")
    try share.write(
      """
      device: healthy
      kind: virtual
      firmwares:
        reference: {kernel: "6.1", cmdline: healthy.unit=0}
        debug-left-on: {extends: reference, cmdline: healthy.unit=1}
      """, to: "targets/devices/healthy.yaml")
    try share.write(
      """
      pool: both
      jobs: 2
      devices: [doomed, healthy]
      """, to: "targets/pools/both.yaml")
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o755], ofItemAtPath: "\(share.path)/trouble.sh")
    let results = try TemporaryDirectory()
    let directory = results.path
    let tool = Tool(share: share.path)
    let made = try await Bench.shared.alone {
      try await check(
        tool, "--pool", "both", "--candidate", "debug-left-on", "--reconnect", "1s", "--output",
        directory, "--report", "junit=\(directory)/out/latgate.xml")
    }
    #expect(made.exitCode == 69, "\(made.errors)\n\(made.output)")
    let report = try JSONDecoder().decode(Report.self, from: Data(made.output.utf8))
    #expect(report.exitCode == 69)
    #expect(report.devices.map(\.name) == ["doomed", "healthy"])
    #expect(report.devices.map(\.exitCode) == [69, 2], "\(made.errors)")
    #expect(report.devices[0].detail.contains("was lost in the middle of a run"))
    #expect(report.devices[1].outcome == "inconclusive")
    // Lines of both devices are distinct.
    for name in ["doomed: ", "healthy: "] {
      #expect(made.errors.split(separator: "\n").contains { $0.hasPrefix(name) })
    }
    let records = try FileManager.default.contentsOfDirectory(atPath: "\(directory)/healthy/runs")
    #expect(records.count == 2)
    for file in [
      "pool.json", "doomed/log.txt", "healthy/verdict.json", "healthy/report.txt",
      "healthy/report.html", "healthy/why.json", "out/latgate-healthy.xml",
    ] {
      #expect(FileManager.default.fileExists(atPath: "\(directory)/\(file)"), "\(file)")
    }
    // Other tests have devices of their own at the same time.
    let own = try commandLines().filter {
      $0.contains("doomed.unit=") || $0.contains("healthy.unit=")
    }
    #expect(own == [])
  }

  /// Those of this machine's processes.
  private func commandLines() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { Int($0) != nil }
      .compactMap { try? String(contentsOfFile: "/proc/\($0)/cmdline", encoding: .utf8) }
  }

  /// A whole check without an adb server: the device is a machine of its own, and the commands of
  /// its file change its firmware by booting another kernel at the same address.
  @Test func aCheckOverTCPSwitchesFirmwareByCommands() async throws {
    let share = try TroubleShare("true", iterations: 1)
    let tool = Tool(share: share.path)
    let path = share.path
    let results = try TemporaryDirectory()
    let directory = results.path
    let latgate = "\(Tool.repository)/.build/debug/latgate"
    try await DetachedDevice.with(tool: tool) { device in
      let port = try device.port()
      try """
      device: board
      kind: adb
      commands:
        switch:
          run: >-
            \(latgate) device stop \(device.name) &&
            \(latgate) device boot \(device.name) --port \(port) --firmware {firmware}
          timeout: 5m
        reboot: "true"
      firmwares: {old: reference, new: k510}
      """.write(
        toFile: "\(path)/targets/devices/board.yaml", atomically: true, encoding: .utf8)
      let made = try await check(
        tool, "--device", "board@tcp:127.0.0.1:\(port)", "--reference", "old", "--candidate",
        "new", "--output", directory)
      #expect(made.exitCode == 2, "\(made.errors)")
      let records = try ["000-reference", "001-candidate"].map {
        try Record.read("\(directory)/runs/\($0).json")
      }
      #expect(records.map(\.firmware.name) == ["old", "new"])
      #expect(records.map { String($0.firmware.kernelRelease.prefix(4)) } == ["6.1.", "5.10"])
      let log = try String(contentsOfFile: "\(directory)/commands.log", encoding: .utf8)
      #expect(log.contains("switch: ") && log.contains("is up: adb serial"), "\(log)")
    }
  }
}
