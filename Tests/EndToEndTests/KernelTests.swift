import Foundation
import Testing

/// One agent and one set of objects for each ABI measure the same work on several kernels.
@Suite(.serialized, .enabled(if: Tool.isEnabled, "needs a built tool: run ci/test"))
struct KernelTests {
  @Test(arguments: ["k510", "reference", "k612"])
  func everyProbeCountsTheWork(firmware: String) async throws {
    let tool = Tool()
    try await DetachedDevice.with(firmware: firmware, tool: tool) { device in
      let record = try await countedWork(device, of: "virtual", abi: "arm64")
      #expect(record.btf == nil)
    }
  }

  /// A 32-bit kernel that carries no types: they come from a file, and programs take other rungs.
  @Test(
    .enabled(if: Types32.path != nil, "needs ../shared/data/armv7-btf beside the repository"),
    arguments: ["reference", "two-cpus", "interpreter"])
  func everyProbeCountsTheWorkOf32Bits(firmware: String) async throws {
    let tool = Tool()
    let kept = try await tool.run(
      "device", "image", "5.10-armmp", "--btf", try #require(Types32.path), "--btf-build-id",
      Types32.buildID, within: .seconds(180))
    try #require(kept.exitCode == 0, "\(kept.errors)")
    try await DetachedDevice.with(
      of: "virtual-armv7", firmware: firmware, tool: tool
    ) { device in
      let record = try await countedWork(device, of: "virtual-armv7", abi: "armv7")
      #expect(record.btf?.buildID == Types32.buildID)
      #expect(record.btf?.isProven == true)
      #expect(!record.probes.flatMap(\.hooks).contains { $0.rung == "tp_btf" })
    }
  }

  /// Types of the kernel in the image, made by pahole from its debug information.
  private enum Types32 {
    static let buildID = "64fa8f84858edec2c4d2dd1d72d70ab28c8f8f65"
    /// Nil where the file is absent.
    static let path: String? = {
      let path = "\(Tool.repository)/../shared/data/armv7-btf/debian-5.10.0-32-armmp-lpae.btf.xz"
      return FileManager.default.fileExists(atPath: path) ? path : nil
    }()
  }

  /// Makes one run, holds its record against the work done and the device against itself before.
  /// The bounds are those of the device file that it was booted from, whatever the suite names.
  private func countedWork(
    _ device: DetachedDevice, of definition: String, abi: String
  ) async throws -> Record {
    let directory = try TemporaryDirectory()
    let path = directory.path
    let tool = device.tool
    let before = try await device.settings()
    #expect(before.contains("bpf_stats_enabled: 0"))
    let made = try await tool.run(
      "run", "e2e", "--device", device.name, "--format", "json", "--output",
      "\(path)/runs", within: .seconds(180))
    let summary = try? JSONSerialization.jsonObject(with: Data(made.output.utf8)) as? [String: Any]
    let reasons = ["invalid", "faults", "dropped"].map { "\($0): \(summary?[$0] ?? "none")" }
    try #require(made.exitCode == 0, "\(reasons)\n\(made.errors)")
    let record = try Record.only(in: "\(path)/runs")
    #expect(record.target == definition)

    #expect(record.phases.count == 5)
    // One without probes, one with them, and one with the kernel's statistics on: what is compared
    // below was changed and restored.
    #expect(record.iterations.count { $0.kind == "overhead" } == 3)
    expectProbes(record)
    expectCounts(record)
    for phase in record.phases {
      #expect(phase.steps.allSatisfy { $0.exitCode == 0 })
      for loss in phase.losses {
        let ended = loss.recorded + loss.overwritten + loss.cancelled + loss.censored
        #expect(loss.started == ended, "\(phase.name): \(loss)")
      }
    }

    #expect(try await device.programs() == "")
    #expect(try await device.attachments() == "")
    #expect(try await device.settings() == before)

    // One file on this machine, whatever the kernel: the device ran exactly that.
    let built = try await tool.run("build", "--abi", abi, "--quiet")
    let line = try #require(built.output.split(separator: "\n").first { $0.contains(": agent ") })
    let agent = try #require(line.split(separator: " ").last).description
    let directories = try await device.shell("ls -d /data/local/tmp/latgate-*")
      .split(whereSeparator: \.isWhitespace)
    #expect(directories.count == 1)
    let copy = "\(path)/agent"
    let pulled = try await tool.run(
      "device", "pull", device.name, "\(directories.first ?? "")/latgate-agent", copy)
    try #require(pulled.exitCode == 0, "\(pulled.errors)")
    #expect(FileManager.default.contentsEqual(atPath: copy, andPath: agent))
    return record
  }

  private func expectProbes(_ record: Record) {
    #expect(
      Set(record.probes.map(\.name)) == [
        "runqueue", "block", "fsync", "syscall", "softirq", "hardirq", "binder",
      ])
    for probe in record.probes {
      #expect(probe.status == "loaded", "\(probe.name): \(probe.reason ?? "")")
      // The device has both file systems and blk-mq: optional hooks are there as well.
      #expect(!probe.hooks.isEmpty)
      for hook in probe.hooks {
        #expect(!hook.rung.isEmpty, "\(probe.name): \(hook.hook): \(hook.why)")
      }
    }
  }

  /// The counts are those of targets/workloads/e2e.yaml; latgate-load warms up in the same
  /// phase, so there are more.
  private func expectCounts(_ record: Record) {
    let workload = ["class": "workload"]
    #expect(record.count("runqueue.wait", workload, in: "ping-pong") >= 1000)
    #expect(
      record.count("fsync.latency", ["class": "workload", "fs": "ext4"], in: "fsync-ext4") >= 100)
    #expect(
      record.count("fsync.latency", ["class": "workload", "fs": "f2fs"], in: "fsync-f2fs") >= 100)
    #expect(record.count("fsync.latency", ["fs": "f2fs"], in: "fsync-ext4") == 0)
    #expect(record.count("fsync.latency", ["fs": "ext4"], in: "fsync-f2fs") == 0)
    for phase in ["fsync-ext4", "fsync-f2fs"] {
      for metric in ["block.device", "block.total"] {
        #expect(record.count(metric, ["op": "write"], in: phase) >= 100)
      }
      #expect(record.count("softirq.run", ["vec": "block"], in: phase) >= 100)
      #expect(record.count("softirq.raise", ["vec": "block"], in: phase) >= 100)
      #expect(record.count("hardirq.run", [:], in: phase) >= 100)
    }
    #expect(record.count("syscall.latency", ["nr": "getppid"], in: "system-calls") >= 2000)
    #expect(record.count("syscall.latency", ["nr": "read"], in: "system-calls") >= 500)
    #expect(record.count("syscall.latency", ["nr": "write"], in: "system-calls") >= 500)
    #expect(record.count("binder.call", workload, in: "binder") >= 200)
    #expect(record.count("binder.roundtrip", workload, in: "binder") >= 200)
    #expect(record.count("binder.roundtrip", [:], in: "fsync-ext4") == 0)
  }
}
