import Foundation
import Testing

/// A device where nothing runs as root: probes are made of trace events, and tracing, which all
/// tools of the device share, is left as it was found.
@Suite(.serialized, .enabled(if: Tool.isEnabled, "needs a built tool: run ci/test"))
struct UserBuildTests {
  private let bound = Duration.seconds(60)

  @Test func aRunMeasuresAndLeavesNoTrace() async throws {
    let folder = try TemporaryFolder()
    let path = folder.path
    let tool = Tool()
    try await prepared(tool) { device in
      let before = try await device.footprint()
      #expect(before.contains("tracing_on: 0"))
      #expect(before.contains("events/sched/sched_switch/enable: 0"))
      let made = try await tool.run(
        "run", "user", "--device", device.name, "--iterations", "1", "--probe", "runqueue",
        "--probe", "block", "--probe", "fsync", "--probe", "binder", "--probe", "hardirq",
        "--probe", "softirq", "--output", "\(path)/runs", within: .seconds(180))
      try #require(made.exitCode == 0, "\(made.errors)")
      let changed = changes(from: before, to: try await device.footprint())
      #expect(changed.isEmpty, "\(changed)")

      let record = try Record.only(in: "\(path)/runs")
      for probe in record.probes {
        #expect(probe.status == "loaded", "\(probe.name): \(probe.reason ?? "")")
        #expect(probe.hooks.allSatisfy { $0.rung == "ftrace" || $0.rung.isEmpty })
      }
      let workload = ["class": "workload"]
      #expect(record.count("runqueue.wait", workload, in: "ping-pong") >= 4000)
      #expect(record.count("fsync.latency", workload, in: "fsync-ext4") >= 260)
      #expect(record.count("fsync.latency", workload, in: "fsync-f2fs") >= 260)
      #expect(record.count("block.device", ["op": "write"], in: "fsync-ext4") >= 260)
      #expect(record.count("binder.roundtrip", workload, in: "binder") >= 1000)
      #expect(record.count("hardirq.run", [:], in: "fsync-ext4") >= 260)
      #expect(record.count("softirq.run", ["vec": "block"], in: "fsync-ext4") >= 260)
      for loss in record.phases.flatMap(\.losses) {
        let ended = loss.recorded + loss.overwritten + loss.cancelled + loss.censored
        #expect(loss.started == ended, "\(loss)")
      }
    }
  }

  /// Which end of the session is killed while events are recorded.
  enum Victim: CaseIterable {
    case host, agent
  }

  @Test(arguments: Victim.allCases)
  func aKilledEndLeavesTracingAsItWas(victim: Victim) async throws {
    // What a workload itself left behind is removed by its teardown, which needs a living host.
    let share = try EndlessShare(hasSetup: false)
    let tool = Tool(share: share.path)
    try await prepared(tool) { device in
      let before = try await device.footprint()
      let run = try tool.start(["run", "endless", "--device", device.name])
      #expect(try await device.isMeasuring(run))
      #expect(
        try await eventually(within: bound) {
          let during = try await device.footprint()
          return during.contains("tracing_on: 1")
            && during.contains("events/sched/sched_switch/enable: 1")
        })
      switch victim {
      case .host:
        run.signal(SIGKILL)
      case .agent:
        let agents = try await device.processes(named: "latgate-agent")
        #expect(!agents.isEmpty)
        _ = try await device.shell("kill -9 \(agents.joined(separator: " "))")
      }
      let code = try await run.end(within: bound).exitCode
      #expect(code == (victim == .host ? 128 + SIGKILL : 69))
      _ = try await eventually(within: bound) { try await device.footprint() == before }
      let changed = changes(from: before, to: try await device.footprint())
      #expect(changed.isEmpty, "\(changed)")
    }
  }

  /// Lines that only one of two footprints has.
  private func changes(from before: String, to after: String) -> Set<Substring> {
    Set(before.split(separator: "\n")).symmetricDifference(after.split(separator: "\n"))
  }

  @Test func anotherTracerIsNotDisturbed() async throws {
    let tool = Tool()
    try await prepared(tool) { device in
      _ = try await device.shell(
        "cd /sys/kernel/tracing; echo 1 > events/power/cpu_idle/enable; echo 1 > tracing_on")
      let before = try await device.footprint()
      let made = try await tool.run("run", "smoke", "--device", device.name)
      #expect(made.exitCode == 3)
      #expect(made.errors.contains("being recorded"), "\(made.errors)")
      #expect(try await device.footprint() == before)
    }
  }

  @Test func aSlowerDiskIsARegression() async throws {
    let folder = try TemporaryFolder()
    let path = folder.path
    let made = try await Bench.shared.alone {
      try await Tool().run(
        "check", "user", "--candidate", "slow-disk", "--runs", "3", "--confirm-runs", "3",
        "--output", path, within: .seconds(540))
    }
    #expect(made.exitCode == 1, "\(made.errors)\n\(made.output)")
    #expect(made.output.contains("REGRESSION"))
    #expect(made.output.contains("fsync.latency{class=workload,fs=ext4}@fsync-ext4"))
    #expect(made.output.contains("fsync (T0 ftrace)"))
  }

  /// A user build on which the agent is installed and tracing was used once: the kernel then shows
  /// the size of its buffer, which any first use sets for good.
  private func prepared(
    _ tool: Tool, _ work: (DetachedDevice) async throws -> Void
  ) async throws {
    try await DetachedDevice.with(of: "virtual-user", tool: tool) { device in
      _ = try await device.shell(
        """
        cd /sys/kernel/tracing/events/sched/sched_switch
        echo 1 > enable; echo 0 > enable
        """)
      let made = try await tool.run("run", "smoke", "--device", device.name)
      try #require(made.exitCode == 0, "\(made.errors)")
      try await work(device)
    }
  }
}
