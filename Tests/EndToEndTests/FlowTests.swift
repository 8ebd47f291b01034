import Foundation
import Testing

/// How a check goes about its runs: what it costs, what interrupts it, what comes after it.
@Suite(.enabled(if: Tool.isEnabled, "needs a built tool and device images: run ci/test"))
struct FlowTests {
  @Test func aTimeTooShortIsRefusedWithTheNumbersBeforeAnythingStarts() async throws {
    let directory = try TemporaryDirectory()
    let begun = try await Tool().run(
      "check", "defects", "--time-budget", "20s", "--output", "\(directory.path)/check")
    #expect(begun.exitCode == 64, "\(begun.errors)")
    #expect(begun.errors.contains("20 s are too short: 6 + 6 runs in turn"), "\(begun.errors)")
    #expect(!FileManager.default.fileExists(atPath: "\(directory.path)/check/runs"))
  }

  /// Two devices that swap firmwares, one with half of the other's disk: with 3 + 3 runs each arm
  /// has one more run on one of them, which must not look like the firmware's doing.
  @Test func anInterruptedCrossoverGoesOnWithItsFinishedRuns() async throws {
    let share = try TestShare()
    // So few operations a second that they are the limit on a busy host, too, and for both.
    for (device, rate) in [("quick", 50), ("worn", 25)] {
      try share.write(
        """
        device: \(device)
        kind: virtual
        firmwares:
          reference: {kernel: "6.1", disks: {ext4: {iops: \(rate)}}}
          same-again: {extends: reference}

        """, to: "targets/devices/\(device).yaml")
    }
    try share.write(
      """
      workload: swapped
      warmup: 0
      phases:
        - phase: writes
          preroll: 20ms
          steps:
            - run: latgate-load fsync --path /data/local/tmp --ops 25
              scalars:
                - {metric: writes.time, unit: ns, pattern: '^elapsed_ns: (\\d+)$', better: lower}

      """, to: "targets/workloads/swapped.yaml")
    try share.write(
      """
      suite: swapped
      device: quick
      workload: swapped
      probes: [fsync]
      reference: reference
      candidate: same-again
      aa: true
      iterations: 1
      runs: {planned: 3, most: 3}
      settle: {limit: 60s, quiet: 200ms, uptime_min: 1s, cpu_busy_max: 100%, cpu_pressure_max: 100%}
      overhead: {iterations: 0}

      """, to: "targets/suites/swapped.yaml")
    let results = try TemporaryDirectory()
    let directory = results.path
    let tool = Tool(share: share.path)
    func records() -> Set<String> {
      Set((try? FileManager.default.contentsOfDirectory(atPath: "\(directory)/runs")) ?? [])
    }
    let (kept, resumed) = try await Bench.shared.alone {
      let call = try tool.start(
        [
          "check", "swapped", "--design", "crossover", "--device", "quick", "--device", "worn",
          "--output", directory,
        ])
      #expect(try await eventually(within: .seconds(180)) { !records().isEmpty })
      call.signal(SIGINT)
      let stopped = try await call.end(within: .seconds(60))
      #expect(stopped.exitCode == 130, "\(stopped.errors)")
      #expect(stopped.errors.contains("latgate check --resume \(directory)"))
      let kept = try Dictionary(
        uniqueKeysWithValues: records().map {
          ($0, try Data(contentsOf: URL(fileURLWithPath: "\(directory)/runs/\($0)")))
        })
      return (kept, try await tool.run("check", "--resume", directory, within: .seconds(300)))
    }
    // Unchanged firmware: whatever a few boots show, it is not slower.
    #expect([0, 2].contains(resumed.exitCode), "\(resumed.errors)")
    #expect(records().count == 6)
    for (name, bytes) in kept {
      let now = try Data(contentsOf: URL(fileURLWithPath: "\(directory)/runs/\(name)"))
      #expect(now == bytes, "\(name) was made again")
    }
    try expectCrossover(in: directory)

    // A check that is over is judged as it was, though its runs are in the bench's profile by now.
    let verdict = FileManager.default.contents(atPath: "\(directory)/verdict.json")
    let again = try await tool.run("check", "--resume", directory)
    #expect(again.exitCode == resumed.exitCode, "\(again.errors)")
    #expect(FileManager.default.contents(atPath: "\(directory)/verdict.json") == verdict)
  }

  /// Both firmwares ran on both devices, and what differs between these is not the firmware's.
  private func expectCrossover(in directory: String) throws {
    /// The parts of a record that are looked at.
    struct Run: Decodable {
      struct Place: Decodable { var arm: String }
      struct Device: Decodable { var serial: String }
      struct Iteration: Decodable { var phases: [Phase] }
      struct Phase: Decodable { var scalars: [Scalar] }
      struct Scalar: Decodable { var value: Double }

      var experiment: Place
      var device: Device
      var iterations: [Iteration]
      var time: Double? { iterations.first?.phases.first?.scalars.first?.value }
    }
    /// The parts of a verdict that are looked at.
    struct Verdict: Decodable {
      struct Metric: Decodable {
        struct ID: Decodable { var name: String }

        var id: ID
        var statistic: String
        var change: Double?
      }

      var grade: String
      var metrics: [Metric]
    }
    let decoder = JSONDecoder()
    let runs = try FileManager.default.contentsOfDirectory(atPath: "\(directory)/runs").map {
      name in
      let file = URL(fileURLWithPath: "\(directory)/runs/\(name)")
      return try decoder.decode(Run.self, from: Data(contentsOf: file))
    }
    let places = Dictionary(grouping: runs) { "\($0.experiment.arm) \($0.device.serial)" }
    #expect(
      places.mapValues(\.count) == [
        "reference virtual-1": 2, "candidate virtual-1": 1, "reference virtual-2": 1,
        "candidate virtual-2": 2,
      ])
    let quick = try runs.filter { $0.device.serial == "virtual-1" }.map { try #require($0.time) }
    let worn = try runs.filter { $0.device.serial == "virtual-2" }.map { try #require($0.time) }
    #expect(try #require(worn.min()) > 1.4 * (try #require(quick.max())), "\(quick) \(worn)")
    let verdict = try decoder.decode(
      Verdict.self, from: Data(contentsOf: URL(fileURLWithPath: "\(directory)/verdict.json")))
    #expect(verdict.grade == "crossover")
    // Arms without blocks would be a third of a doubling, a quarter, apart.
    let metric = verdict.metrics.first { $0.id.name == "writes.time" && $0.statistic == "value" }
    #expect(abs(try #require(metric?.change)) < 0.15)
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
      runs: {planned: 6, most: 6}
      settle: {limit: 60s, quiet: 200ms, uptime_min: 1s, cpu_busy_max: 100%, cpu_pressure_max: 100%}
      overhead: {iterations: 0}

      """, to: "targets/suites/writes.yaml")
    let directory = try TemporaryDirectory()
    let tool = Tool(share: share.path)
    let made = try await Bench.shared.alone {
      try await tool.run(
        "check", "writes", "--time-budget", "9m", "--explain", "--output", directory.path,
        within: .seconds(540))
    }
    #expect(made.exitCode == 1, "\(made.errors)\n\(made.output)")
    #expect(made.errors.contains("plan: 6 + 6 runs in turn"), "\(made.errors)")
    // As if no line had been wrapped.
    let why = made.output.split(separator: "\n").drop { $0 != "Why" }
      .flatMap { $0.split(separator: " ") }.joined(separator: " ")
    #expect(why.contains(/fsync (p50|mean) \+/), "\(made.output)")
    #expect(why.contains("block device time +"), "\(why)")
    #expect(FileManager.default.fileExists(atPath: "\(directory.path)/explanation.json"))
  }
}
