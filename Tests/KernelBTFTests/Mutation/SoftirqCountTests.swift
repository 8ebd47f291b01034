import CAgentABI
import Foundation
import KernelTypes
import ProbeBuild
import Testing

/// Softirqs that are raised again while an earlier one of their batch runs, or beside a batch.
struct SoftirqCountTests {
  @Test(arguments: ["tp_btf", "raw_tp"])
  func everyEntryHasItsRaise(rung: String) async throws {
    let builder = try ProbeBuilder(share: ShareRoot(path: repository))
    let source = try #require(
      try catalogueProbes(of: repository).first { $0.name == "softirq" })
    let object = try await builder.object(of: source, abi: .arm64)
    let file = try ObjectFile([UInt8](Data(contentsOf: URL(fileURLWithPath: object.path))))
    try await withFixture { fixture in
      let scenario = ProbeScenario(
        kernel: try BTFTypes(fixture.btf(KernelSource(isOld: false).text())), isOld: false,
        enumerators: [:])
      let outcome = try #require(try scenario.play("softirq", file, rung: rung))
      // Raised: 1, 7, 9, then 7 and 9 once more, and 2; 1, 7, 9, and 9 once more; 1 twice; 3, and 9
      // twice. What is raised twice for one entry has waited since the first time.
      let raise = try counters(outcome, of: 0)
      #expect(raise.started == 15)
      #expect(raise.recorded == 15)
      #expect(raise.no_start == 0)
      #expect(raise.start_offset_sum == raise.end_offset_sum)
      let run = try counters(outcome, of: 1)
      #expect(run.recorded == 15)
      #expect(run.no_start == 0)
    }
  }

  /// What the probe's per-CPU array holds for a metric, all levels together.
  private func counters(
    _ outcome: ProbeScenario.Outcome, of metric: UInt8
  ) throws -> lg_counters {
    let name = "\(LG_MAP_COUNTERS) \([metric, 0, 0, 0]): "
    let line = try #require(outcome.counted.first { $0.hasPrefix(name) })
    let bytes = try JSONDecoder().decode(
      [UInt8].self, from: Data(line.dropFirst(name.count).utf8))
    let size = MemoryLayout<lg_counters>.size
    try #require(bytes.count == 2 * size)
    return bytes.withUnsafeBytes { all in
      var sum = all.loadUnaligned(as: lg_counters.self)
      let second = all.loadUnaligned(fromByteOffset: size, as: lg_counters.self)
      sum.started += second.started
      sum.recorded += second.recorded
      sum.no_start += second.no_start
      sum.start_offset_sum += second.start_offset_sum
      sum.end_offset_sum += second.end_offset_sum
      return sum
    }
  }
}
