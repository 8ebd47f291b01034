import Foundation
import Testing

/// How a check goes about its runs: what it costs, what interrupts it, what comes after it.
@Suite(.enabled(if: Tool.isEnabled, "needs a built tool and device images: run ci/test"))
struct FlowTests {
  @Test func aTimeTooShortIsRefusedWithTheNumbersBeforeAnythingStarts() async throws {
    let folder = try TemporaryFolder()
    let begun = try await Tool().run(
      "check", "defects", "--time-budget", "20s", "--output", "\(folder.path)/check")
    #expect(begun.exitCode == 64, "\(begun.errors)")
    #expect(begun.errors.contains("20 s are too short: 3 + 3 runs in turn"), "\(begun.errors)")
    #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/check/runs"))
  }

  @Test func anInterruptedCheckGoesOnWithItsFinishedRuns() async throws {
    let folder = try TemporaryFolder()
    let runs = "\(folder.path)/runs"
    func records() -> Set<String> {
      Set((try? FileManager.default.contentsOfDirectory(atPath: runs)) ?? [])
    }
    let (kept, resumed) = try await Bench.shared.alone {
      let call = try Tool().start(["check", "smoke", "--output", folder.path])
      #expect(try await eventually(within: .seconds(180)) { !records().isEmpty })
      call.signal(SIGINT)
      let stopped = try await call.end(within: .seconds(60))
      #expect(stopped.exitCode == 130, "\(stopped.errors)")
      #expect(stopped.errors.contains("latgate check --resume \(folder.path)"))
      let kept = try Dictionary(
        uniqueKeysWithValues: records().map {
          ($0, try Data(contentsOf: URL(fileURLWithPath: "\(runs)/\($0)")))
        })
      return (
        kept,
        try await Tool().run("check", "--resume", folder.path, within: .seconds(300))
      )
    }
    // Unchanged firmware: whatever a few boots show, it is not slower.
    #expect([0, 2].contains(resumed.exitCode), "\(resumed.errors)")
    #expect(records().count == 6)
    for (name, bytes) in kept {
      let now = try Data(contentsOf: URL(fileURLWithPath: "\(runs)/\(name)"))
      #expect(now == bytes, "\(name) was made again")
    }
    #expect(FileManager.default.fileExists(atPath: "\(folder.path)/verdict.json"))
  }

  @Test func aRegressionIsPlannedFoundAndExplained() async throws {
    let share = try TestShare()
    // So few operations a second that they are the limit on a busy host, too, and for both: a disk
    // without a limit takes its time from the host.
    try share.write(
      """
      device: writer
      kind: virtual
      firmwares:
        reference: {kernel: "6.1", disks: {ext4: {iops: 100}}}
        slow-disk: {extends: reference, disks: {ext4: {iops: 50}}}

      """, to: "targets/devices/writer.yaml")
    try share.write(
      """
      workload: writes
      warmup: 0
      phases:
        - phase: writes
          preroll: 20ms
          steps:
            - run: latgate-load fsync --path /data/local/tmp --ops 120

      """, to: "targets/workloads/writes.yaml")
    try share.write(
      """
      suite: writes
      device: writer
      workload: writes
      probes: [fsync]
      reference: reference
      candidate: slow-disk
      iterations: 1
      runs: {screen: 3, confirm: 3}
      settle: {limit: 60s, quiet: 200ms, uptime_min: 1s}
      overhead: {iterations: 0}

      """, to: "targets/suites/writes.yaml")
    let folder = try TemporaryFolder()
    let tool = Tool(share: share.path)
    let made = try await Bench.shared.alone {
      try await tool.run(
        "check", "writes", "--time-budget", "9m", "--explain", "--output", folder.path,
        within: .seconds(540))
    }
    #expect(made.exitCode == 1, "\(made.errors)\n\(made.output)")
    #expect(made.errors.contains("plan: 3 + 3 runs in turn, 3 + 3 fresh ones"), "\(made.errors)")
    // As if no line had been wrapped.
    let why = made.output.split(separator: "\n").drop { $0 != "Why" }
      .flatMap { $0.split(separator: " ") }.joined(separator: " ")
    #expect(why.contains("fsync p50 +"), "\(made.output)")
    #expect(why.contains("block device time +"), "\(why)")
    #expect(FileManager.default.fileExists(atPath: "\(folder.path)/explanation.json"))
  }
}
