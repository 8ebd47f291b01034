import Foundation
import Testing

/// Objects of libbpf-tools, as Debian's programs carry them, run and recorded.
@Suite(
  .serialized, .enabled(if: Tool.isEnabled, "needs a built tool: run ci/test"),
  .enabled(if: LibBPFTools.isInstalled, "needs libbpf-tools: run ci/setup"))
struct ForeignObjectTests {
  @Test("histograms of libbpf-tools are recorded with their labels")
  func tools() async throws {
    let bench = try await MeasureBench()
    let path = bench.path
    for tool in ["runqlat", "softirqs", "cpudist"] {
      try LibBPFTools.object(in: tool).write(to: URL(fileURLWithPath: "\(path)/\(tool).bpf.o"))
    }

    let queue = try await bench.latgate(
      "run", "--object", "\(path)/runqlat.bpf.o", "--map", "hists", "--set", "targ_per_process=1",
      "--for", "500ms", "--output", "\(path)/queue")
    try #require(queue.exitCode == 0, "\(queue.errors)\(queue.output)")
    let waits = try Record.only(in: "\(path)/queue")
    #expect(waits.probes.map(\.name) == ["runqlat"] && waits.probes[0].status == "loaded")
    #expect(
      waits.probes[0].hooks.map(\.rung).sorted() == [
        "tp_btf/sched_switch", "tp_btf/sched_wakeup", "tp_btf/sched_wakeup_new",
      ])
    let histograms = waits.phases.flatMap(\.histograms)
    #expect(histograms.contains { $0.metric == "runqlat.hists" && ($0.count ?? 0) > 0 })
    #expect(histograms.allSatisfy { $0.labels?["key"] != nil })

    // The constant says that it keeps distributions at all.
    let without = try await bench.latgate(
      "run", "--object", "\(path)/softirqs.bpf.o", "--for", "300ms", "--output", "\(path)/without")
    #expect(try Record.only(in: "\(path)/without").phases.flatMap(\.histograms).isEmpty)
    _ = without
    let vectors = try await bench.latgate(
      "run", "--object", "\(path)/softirqs.bpf.o", "--set", "targ_dist=1", "--unit", "us", "--for",
      "500ms", "--output", "\(path)/vectors")
    try #require(vectors.exitCode == 0, "\(vectors.errors)\(vectors.output)")
    let found = try Record.only(in: "\(path)/vectors").phases.flatMap(\.histograms)
    // Timers always are.
    #expect(found.contains { $0.labels == ["index": "1"] && ($0.count ?? 0) > 0 })

    // Its tool sets the size of a map.
    let cpu = try await bench.latgate(
      "run", "--object", "\(path)/cpudist.bpf.o", "--map", "hists", "--for", "300ms", "--output",
      "\(path)/cpu")
    try #require(cpu.exitCode == 0, "\(cpu.errors)\(cpu.output)")
    #expect(!(try Record.only(in: "\(path)/cpu").phases.flatMap(\.histograms).isEmpty))

    let absent = try await bench.latgate(
      "run", "--object", "\(path)/cpudist.bpf.o", "--map", "hist", "--for", "1s")
    #expect(absent.errors.contains("did you mean 'hists'?"), "\(absent.errors)")
    #expect(absent.exitCode == 65)
    let constant = try await bench.latgate(
      "run", "--object", "\(path)/softirqs.bpf.o", "--set", "targ_dst=1", "--for", "1s")
    #expect(constant.errors.contains("did you mean 'targ_dist'?"), "\(constant.errors)")

    bench.load.signal(SIGKILL)
    _ = try await bench.load.end(within: .seconds(20))
  }
}

/// Programs of Debian's package.
private enum LibBPFTools {
  private static let directory = "/usr/sbin"
  static let isInstalled = FileManager.default.fileExists(atPath: "\(directory)/runqlat")

  /// The BPF object in a program: what has an ELF header of that machine, as long as that says.
  static func object(in program: String) throws -> Data {
    let data = try Data(contentsOf: URL(fileURLWithPath: "\(directory)/\(program)"))
    let bytes = [UInt8](data)
    func number(_ at: Int, _ size: Int) -> Int {
      bytes[at..<at + size].reversed().reduce(0) { $0 << 8 | Int($1) }
    }
    let start = try #require(
      (1..<bytes.count - 64).first {
        bytes[$0] == 0x7f && bytes[$0..<$0 + 6].elementsEqual([0x7f, 0x45, 0x4c, 0x46, 2, 1])
          && number($0 + 18, 2) == 247
      }, "\(program) has no BPF object")
    let size = number(start + 40, 8) + number(start + 58, 2) * number(start + 60, 2)
    return data[start..<start + size]
  }
}
