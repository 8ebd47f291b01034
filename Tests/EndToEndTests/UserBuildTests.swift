import Foundation
import Testing

/// A device where nothing runs as root: probes are made of trace events, and tracing, which all
/// tools of the device share, is left as it was found.
@Suite(
  .serialized, .keepsDevices, .enabled(if: Tool.isEnabled, "needs a built tool: run ci/test"))
struct UserBuildTests {
  private let bound = Duration.seconds(240)

  @Test func aRunMeasuresAndLeavesNoTrace() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    // A probe of the user's own that the agent does not know.
    _ = try WalkThrough.place(in: path)
    let share = try TestShare()
    try share.acceptUnrest()
    let tool = Tool(share: share.path, configuration: path)
    try await prepared(tool) { device in
      let before = try await device.footprint()
      #expect(before.contains("tracing_on: 0"))
      #expect(before.contains("events/sched/sched_switch/enable: 0"))
      let made = try await tool.run(
        "run", "user", "--device", device.name, "--iterations", "1", "--probe", "runqueue",
        "--probe", "block", "--probe", "fsync", "--probe", "binder", "--probe", "hardirq",
        "--probe", "softirq", "--probe", "timers", "--output", "\(path)/runs", within: .seconds(180)
      )
      try #require(made.exitCode == 0, "\(made.errors)")
      // A line runs on the same events, or it is said why not.
      let line = "irq:softirq_entry ~ irq:softirq_exit by cpu,vec"
      let measured = try await tool.run(
        "measure", "\(line) label vec", "--device", device.name, "--for", "2s", "--output",
        "\(path)/measured")
      try #require(measured.exitCode == 0, "\(measured.errors)")
      let vectors = try Record.only(in: "\(path)/measured")
      #expect(vectors.probes.allSatisfy { $0.tier == "T0" })
      #expect(vectors.phases.flatMap(\.histograms).contains { ($0.count ?? 0) > 0 })
      let early = try await tool.run(
        "measure", "\(line) where vec > 1", "--device", device.name, "--for", "1s")
      #expect(early.exitCode == 3)
      #expect(early.errors.contains("'vec' is held against more than numbers"), "\(early.errors)")
      // So does one of single events, with rows of what it says, but without stacks.
      let rows = try await tool.run(
        "measure", "events sched:sched_wakeup print cpu,comm,pid", "--device",
        device.name, "--for", "1s", "--output", "\(path)/rows")
      try #require(rows.exitCode == 0, "\(rows.errors)")
      let table = try Record.only(in: "\(path)/rows")
      #expect(table.probes.allSatisfy { $0.tier == "T0" })
      #expect(
        table.phases.flatMap(\.results).first?.columns?.map(\.name)
          == ["time", "cpu", "comm", "pid"])
      let counted = try await tool.run(
        "measure", "count irq:softirq_raise by vec", "--device", device.name, "--for", "1s",
        "--output", "\(path)/counted")
      try #require(counted.exitCode == 0, "\(counted.errors)")
      #expect(
        try Record.only(in: "\(path)/counted").phases.flatMap(\.results).contains {
          $0.kind == "counter" && ($0.count ?? 0) > 0
        })
      let stacks = try await tool.run(
        "measure", "stack sched:sched_switch", "--device", device.name, "--for", "1s")
      #expect(stacks.exitCode == 3)
      #expect(stacks.errors.contains("only programs take stacks"), "\(stacks.errors)")
      let changed = changes(from: before, to: try await device.footprint())
      #expect(changed.isEmpty, "\(changed)")

      let record = try Record.only(in: "\(path)/runs")
      for probe in record.probes {
        #expect(probe.status == "loaded", "\(probe.name): \(probe.reason ?? "")")
        #expect(probe.hooks.allSatisfy { $0.rung == "ftrace" || $0.rung.isEmpty })
      }
      // Operations of targets/workloads/storage-and-sched.yaml; latgate-load warms up beside them.
      let workload = ["class": "workload"]
      #expect(record.count("runqueue.wait", workload, in: "ping-pong") >= 2000)
      #expect(record.count("fsync.latency", workload, in: "fsync-ext4") >= 16)
      #expect(record.count("fsync.latency", workload, in: "fsync-f2fs") >= 120)
      #expect(record.count("block.device", ["op": "write"], in: "fsync-ext4") >= 16)
      #expect(record.count("binder.roundtrip", workload, in: "binder") >= 500)
      #expect(record.count("hardirq.run", [:], in: "fsync-ext4") >= 16)
      #expect(record.count("softirq.run", ["vec": "block"], in: "fsync-ext4") >= 16)
      // The kernel is tickless: a CPU has timers for sure only while tasks take turns on it.
      let timers = ["vec": "timer"]
      #expect(record.count("timers.run", timers, in: "oversubscription") > 0)
      for phase in ["ping-pong", "oversubscription", "fsync-ext4", "fsync-f2fs", "binder"] {
        #expect(
          record.count("timers.run", timers, in: phase)
            == record.count("softirq.run", timers, in: phase), "\(phase)")
      }
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
          try await device.shell(
            "cd /sys/kernel/tracing; cat tracing_on events/sched/sched_switch/enable") == "1\n1\n"
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
      let after = try await settledFootprint(of: device, before)
      let changed = changes(from: before, to: after)
      #expect(changed.isEmpty, "\(changed)")
    }
  }

  /// What the device is like once it is as `before` again, or when that takes too long. A look takes
  /// seconds.
  private func settledFootprint(
    of device: DetachedDevice, _ before: String
  ) async throws -> String {
    var after = ""
    _ = try await eventually(within: bound) {
      after = try await device.footprint()
      return after == before
    }
    return after
  }

  /// Lines that only one of two footprints has.
  private func changes(from before: String, to after: String) -> Set<Substring> {
    Set(before.split(separator: "\n")).symmetricDifference(after.split(separator: "\n"))
  }

  @Test(arguments: [
    ("reference", "the device has no perfetto"),
    ("perfetto", "another tool than perfetto is tracing"),
  ])
  func anotherTracerIsNotDisturbed(firmware: String, reason: String) async throws {
    let tool = Tool()
    try await prepared(tool, firmware: firmware) { device in
      _ = try await device.shell(
        "cd /sys/kernel/tracing; echo 1 > events/power/cpu_idle/enable; echo 1 > tracing_on")
      let before = try await device.footprint()
      let made = try await tool.run("run", "smoke", "--device", device.name)
      #expect(made.exitCode == 3)
      #expect(made.errors.contains("being recorded"), "\(made.errors)")
      #expect(made.errors.contains(reason), "\(made.errors)")
      #expect(try await device.footprint() == before)
      _ = try await device.shell(
        "cd /sys/kernel/tracing; echo 0 > tracing_on; echo 0 > events/power/cpu_idle/enable")
    }
  }

  /// On phones perfetto is often in use already: its service records for us as well.
  @Test func perfettoRecordsWhereItHasTracing() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    let tool = Tool()
    try await prepared(tool, firmware: "perfetto") { device in
      let own = try await record(tool, device, in: "\(path)/own")
      #expect(own.probes.flatMap(\.hooks).allSatisfy { ["ftrace", ""].contains($0.rung) })
      try await startOtherSession(device)
      let before = try await device.footprint()
      let made = try await record(tool, device, in: "\(path)/perfetto")
      let changed = changes(from: before, to: try await device.footprint())
      #expect(changed.isEmpty, "\(changed)")
      let traces = try await device.shell("ls /data/misc/perfetto-traces")
      #expect(traces == "other.pftrace\n")

      for probe in made.probes {
        #expect(probe.status == "loaded" && probe.tier == "T0", "\(probe)")
        #expect(probe.hooks.contains { $0.rung == "perfetto" })
        #expect(probe.hooks.allSatisfy { ["perfetto", ""].contains($0.rung) }, "\(probe)")
        // Why the agent does not trace: for the first because tracing is taken, then to stay out.
        #expect(probe.reason?.contains("T0: ") == true, "\(probe)")
      }
      #expect(made.probes.first?.reason?.contains("being recorded") == true)
      #expect(made.measured.allSatisfy { $0.dropped == nil }, "\(made.measured[0].dropped ?? "")")
      for loss in made.phases.flatMap(\.losses) {
        let ended = loss.recorded + loss.overwritten + loss.cancelled + loss.censored
        #expect(loss.started == ended, "\(loss)")
      }
      expectSameOperations(own, made)
      let doctor = try await tool.run("doctor", "--device", device.name)
      #expect(doctor.output.contains("recorded by perfetto: works"), "\(doctor.output)")
    }
  }

  @Test func perfettoEndsWithAKilledHost() async throws {
    let share = try EndlessShare(hasSetup: false)
    let tool = Tool(share: share.path)
    try await prepared(tool, firmware: "perfetto") { device in
      try await startOtherSession(device)
      let before = try await device.footprint()
      let run = try tool.start(["run", "endless", "--device", device.name])
      #expect(try await device.isMeasuring(run))
      #expect(
        try await eventually(within: bound) {
          try await device.shell("ls /data/misc/perfetto-traces").contains("latgate-")
        })
      run.signal(SIGKILL)
      _ = try await run.end(within: bound)
      // A look at everything would keep a device busy that has to end what was begun.
      _ = try await eventually(within: bound) {
        try await device.shell("ls /data/misc/perfetto-traces") == "other.pftrace\n"
      }
      let after = try await settledFootprint(of: device, before)
      let changed = changes(from: before, to: after)
      #expect(changed.isEmpty, "\(changed)")
      let traces = try await device.shell("ls /data/misc/perfetto-traces")
      #expect(traces == "other.pftrace\n")
    }
  }

  /// A workload of known operations, recorded.
  private func record(
    _ tool: Tool, _ device: DetachedDevice, in directory: String
  ) async throws -> Record {
    let made = try await tool.run(
      "run", "e2e", "--device", device.name, "--probe", "runqueue", "--probe", "block", "--probe",
      "fsync", "--probe", "binder", "--output", directory, within: .seconds(180))
    try #require(made.exitCode == 0, "\(made.errors)")
    return try Record.only(in: directory)
  }

  /// Counts of what the workload itself does a known number of times, within 2%.
  private func expectSameOperations(_ one: Record, _ other: Record) {
    let workload = ["class": "workload"]
    for (metric, phase) in [
      ("runqueue.wait", "ping-pong"), ("fsync.latency", "fsync-ext4"),
      ("fsync.latency", "fsync-f2fs"), ("binder.call", "binder"), ("binder.roundtrip", "binder"),
    ] {
      let (expected, found) = (
        one.count(metric, workload, in: phase), other.count(metric, workload, in: phase)
      )
      #expect(expected >= 100, "\(metric)@\(phase)")
      #expect(
        abs(Int(expected) - Int(found)) <= max(2, Int(expected) / 50),
        "\(metric)@\(phase): \(expected), \(found)")
    }
  }

  /// A recording of an hour that is not latgate's, unless the test before began it.
  private func startOtherSession(_ device: DetachedDevice) async throws {
    let file = "/data/misc/perfetto-traces/other.pftrace"
    guard try await device.shell("ls \(file) 2>/dev/null").isEmpty else { return }
    let said = try await device.shell(
      """
      printf 'buffers { size_kb: 8192 fill_policy: RING_BUFFER }
      data_sources { config { name: "linux.ftrace" ftrace_config {
        ftrace_events: "sched/sched_switch" ftrace_events: "power/cpu_idle" } } }
      duration_ms: 3600000' |
        perfetto --txt -c - -o \(file) --background-wait
      """)
    try #require(Int(said.trimmingCharacters(in: .whitespacesAndNewlines)) != nil, "\(said)")
  }

  /// Traced by the agent, and once more by perfetto for people.
  @Test func aSlowerDiskIsARegression() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    let share = try TestShare()
    try share.acceptUnrest()
    // What the probes cost is measured by the runs above.
    try share.edit(
      "targets/suites/user.yaml", "cpu_max: 5%, iterations: 3}", "cpu_max: 5%, iterations: 0}")
    let tool = Tool(share: share.path)
    let made = try await Bench.shared.alone {
      try await tool.run(
        "check", "user", "--reference", "perfetto", "--candidate", "perfetto-slow-disk", "--runs",
        "3", "--most-runs", "6", "--output", path, within: .seconds(540))
    }
    #expect(made.exitCode == 1, "\(made.errors)\n\(made.output)")
    #expect(made.output.contains("REGRESSION"))
    #expect(made.output.contains("fsync.latency{class=workload,fs=ext4}@fsync-ext4"))
    #expect(made.output.contains("fsync (T0 ftrace)"))

    struct Report: Decodable {
      struct Trace: Decodable {
        var arm: String
        var value: Double?
        var file: String
      }
      var traces: [Trace]
    }
    let report = try JSONDecoder().decode(
      Report.self, from: Data(contentsOf: URL(fileURLWithPath: "\(path)/report.json")))
    let traces = report.traces
    try #require(traces.map(\.arm) == ["reference", "candidate"], "\(made.errors)")
    #expect(try #require(traces[0].value) < #require(traces[1].value))
    let page = try String(contentsOfFile: "\(path)/report.html", encoding: .utf8)
    for trace in traces {
      #expect(page.contains("href=\"\(trace.file)\""))
      // Perfetto's own events, which the tool reads back.
      let folded = try await Tool().run("fold", "\(path)/\(trace.file)", "--format", "json")
      #expect(folded.output.contains("fsync.latency"), "\(folded.errors)")
    }
    let kept = try FileManager.default.contentsOfDirectory(atPath: "\(path)/traces")
    #expect(kept.filter { $0.hasSuffix(".pftrace") }.count == 2, "\(kept)")
  }

  /// A user build on which the agent is installed and tracing was used once: the kernel then shows
  /// the size of its buffer, which any first use sets for good.
  private func prepared(
    _ tool: Tool, firmware: String = "reference",
    _ work: (DetachedDevice) async throws -> Void
  ) async throws {
    try await DetachedDevice.with(of: "virtual-user", firmware: firmware, tool: tool) { device in
      guard device.isFresh else { return try await work(device) }
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
