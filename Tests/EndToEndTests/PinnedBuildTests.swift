import Foundation
import Testing

/// A user build that carries the firmware kit: an agent without any capability uses the programs
/// that the boot pinned.
@Suite(.serialized, .enabled(if: Tool.isEnabled, "needs a built tool: run ci/test"))
struct PinnedBuildTests {
  private let workload = ["class": "workload"]

  @Test func pinnedProbesCountTheWorkWithoutRights() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    let share = try TestShare()
    try share.acceptUnrest()
    let tool = Tool(share: share.path)
    try await DetachedDevice.with(of: "virtual-kit", tool: tool) { device in
      #expect(try await device.shell("id -u").hasPrefix("2000"))
      #expect(try await device.shell("grep CapEff /proc/self/status").contains("0000000000000000"))
      // Twice: the first one must leave the pins free.
      for name in ["first", "second"] {
        let made = try await tool.run(
          "run", "user", "--device", device.name, "--iterations", "1", "--probe", "runqueue",
          "--probe", "block", "--probe", "fsync", "--probe", "binder", "--output",
          "\(path)/\(name)", within: .seconds(180))
        try #require(made.exitCode == 0, "\(made.errors)")
      }
      let record = try Record.only(in: "\(path)/second")
      for probe in record.probes where probe.name != "binder" {
        #expect(probe.tier == "T1", "\(probe.name): \(probe.reason ?? "")")
        #expect(probe.hooks.allSatisfy { ["tp_btf", "raw_tp"].contains($0.rung) })
      }
      // Tracepoints want CAP_PERFMON, which this shell has not.
      let binder = try #require(record.probes.first { $0.name == "binder" })
      #expect(binder.tier == "T0")
      #expect(binder.reason?.contains("CAP_PERFMON") == true, "\(binder.reason ?? "")")

      // What targets/workloads/storage-and-sched.yaml does, and the helper's warm-up.
      #expect(record.count("runqueue.wait", workload, in: "ping-pong") >= 2000)
      #expect(record.count("fsync.latency", workload, in: "fsync-ext4") >= 16)
      #expect(record.count("fsync.latency", workload, in: "fsync-f2fs") >= 120)
      #expect(record.count("block.device", ["op": "write"], in: "fsync-ext4") >= 16)
      for loss in record.phases.flatMap(\.losses) {
        let ended = loss.recorded + loss.overwritten + loss.cancelled + loss.censored
        #expect(loss.started == ended, "\(loss)")
      }
    }
  }

  @Test(arguments: ["android", "linux"])
  func aKitPassesItsOwnLint(platform: String) async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/kit"
    let tool = Tool()
    let written = try await tool.run(
      "firmware-kit", "--for", platform, "-o", path, within: .seconds(180))
    try #require(written.exitCode == 0, "\(written.errors)")
    let good = try await tool.run("firmware-kit", "--lint", path)
    #expect(good.exitCode == 0, "\(good.errors)")
    let object = try #require(
      FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String }
        .first { $0.hasSuffix("runqueue.bpf") || $0.hasSuffix("runqueue.bpf.o") })
    try Data("no object".utf8).write(to: URL(fileURLWithPath: "\(path)/\(object)"))
    let bad = try await tool.run("firmware-kit", "--lint", path)
    #expect(bad.exitCode == 65)
    #expect(bad.errors.contains(object), "\(bad.errors)")
  }
}
