import Foundation
import Testing

/// A device that dies while a probe is loaded: the kernel really panics, or restarts.
@Suite(.serialized, .enabled(if: Tool.isEnabled, "needs a built tool: run ci/test"))
struct CrashTests {
  private struct Quarantine: Decodable {
    var id: Int
    var probe: String
    var event: String
    var model: String
    var evidence: String
  }

  /// A kernel that panicked stays silent until its power is cycled.
  @Test func theProbeIsQuarantinedAndTheRestGoesOn() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    var tool = Tool()
    tool.store = "\(path)/store.sqlite"
    try await DetachedDevice.with(tool: tool) { [tool] device in
      try await device.dies(ofMap: "h_fsync*", by: "c")
      let boot = try await device.bootID()

      let first = try await run(tool, device, to: "\(path)/first")
      #expect(first.probes == ["runqueue": "loaded", "fsync": "quarantined", "block": "loaded"])
      #expect(first.text.contains("probe fsync is quarantined"))
      let second = try await device.bootID()
      #expect(second != boot)

      let listed = try await quarantines(tool)
      #expect(listed.map(\.probe) == ["fsync"])
      #expect(listed.map(\.event) == ["vanished"])
      let id = try #require(listed.first?.id)

      // It would crash again: that it does not shows that the probe was left out.
      try await device.dies(ofMap: "h_fsync*", by: "c")
      let next = try await run(tool, device, to: "\(path)/next")
      #expect(next.probes == first.probes)
      #expect(next.text.contains("probe fsync is quarantined"))
      #expect(next.text.contains("latgate quarantine lift \(id)"))
      #expect(try await device.bootID() == second)

      try await device.dies(ofMap: nil, by: "c")
      let lift = try await tool.run("quarantine", "lift", "\(id)")
      #expect(lift.exitCode == 0, "\(lift.errors)")
      #expect(try await quarantines(tool).isEmpty)
      let last = try await run(tool, device, to: "\(path)/last")
      #expect(last.probes["fsync"] == "loaded")
      #expect(try await device.bootID() == second)
    }
  }

  /// A kernel that restarts after its panic reports it by what it kept over the reset. That stays,
  /// and must not be taken for the cause of the next restart.
  @Test func aPanicIsKnownByWhatTheKernelKept() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    var tool = Tool()
    tool.store = "\(path)/store.sqlite"
    try await DetachedDevice.with(tool: tool) { [tool] device in
      _ = try await device.shell("echo 1 > /proc/sys/kernel/panic")
      try await device.dies(ofMap: "h_fsync*", by: "c")
      let first = try await run(tool, device, probes: ["runqueue", "fsync"], to: "\(path)/first")
      #expect(first.probes == ["runqueue": "loaded", "fsync": "quarantined"])

      let report = try await tool.run(
        "device", "bugreport", device.name, "--output", "\(path)/report")
      #expect(report.exitCode == 0, "\(report.errors)")
      let kept = try String(
        contentsOfFile: "\(path)/report/pstore-dmesg-ramoops-0.txt", encoding: .utf8)
      #expect(kept.contains("Kernel panic - not syncing: sysrq triggered crash"))

      try await device.dies(ofMap: "h_block*", by: "b")
      let second = try await run(tool, device, probes: ["runqueue", "block"], to: "\(path)/second")
      #expect(second.probes == ["runqueue": "loaded", "block": "quarantined"])
      let listed = try await quarantines(tool)
      #expect(
        Dictionary(listed.map { ($0.probe, $0.event) }) { $1 }
          == ["fsync": "panic", "block": "reboot"])
      let evidence = listed.first { $0.probe == "fsync" }?.evidence
      #expect(evidence?.contains("sysrq triggered crash") == true, "\(evidence ?? "")")
    }
  }

  private func run(
    _ tool: Tool, _ device: DetachedDevice, probes: [String] = ["runqueue", "fsync", "block"],
    to directory: String
  ) async throws -> (probes: [String: String], text: String) {
    let made = try await tool.start(
      ["run", "smoke", "--device", device.name, "--output", directory]
        + probes.flatMap { ["--probe", $0] }
    ).end(within: .seconds(400))
    try #require(made.exitCode == 0, "\(made.errors)\n\(made.output)")
    let record = try Record.only(in: directory)
    // The line may be wrapped anywhere.
    let text = made.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return (Dictionary(record.probes.map { ($0.name, $0.status) }) { $1 }, text)
  }

  private func quarantines(_ tool: Tool) async throws -> [Quarantine] {
    let made = try await tool.run("quarantine", "list", "--format", "json")
    try #require(made.exitCode == 0, "\(made.errors)")
    return try JSONDecoder().decode([Quarantine].self, from: Data(made.output.utf8))
  }
}

extension DetachedDevice {
  /// The device's boot.
  fileprivate func bootID() async throws -> String {
    try await shell("cat /proc/sys/kernel/random/boot_id")
  }

  /// Lets the kernel die as soon as it is asked for a BPF map of such a name: a trace event on the
  /// kernel's own function reports, and a waiting shell pulls the magic SysRq `key`. Nil ends that.
  fileprivate func dies(ofMap pattern: String?, by key: String) async throws {
    // x1 is the name's address in bpf_obj_name_cpy(dst, src, size).
    let trap = """
      cd /sys/kernel/tracing && echo 1 > tracing_on &&
      echo 'p:trap bpf_obj_name_cpy name=+0(%x1):string' > kprobe_events &&
      echo 'name ~ "\(pattern ?? "")"' > events/kprobes/trap/filter &&
      echo 1 > events/kprobes/trap/enable && echo armed
      setsid sh -c 'read -r line < trace_pipe && echo \(key) > /proc/sysrq-trigger' \
      < /dev/null > /dev/null 2>&1 &
      """
    let disarm = """
      cd /sys/kernel/tracing && echo 0 > events/kprobes/trap/enable && echo > kprobe_events && \
      echo armed
      """
    let said = try await shell(pattern == nil ? disarm : trap)
    try #require(said.contains("armed"))
  }
}
