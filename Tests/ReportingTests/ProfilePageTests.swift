import Foundation
import RegressionAnalysis
import RunRecords
import Testing

@testable import Reporting

/// Flame graphs and what is written beside them.
struct ProfilePageTests {
  private static func profiled(_ weight: UInt64, id: String = "r") -> RunRecord {
    var made = record()
    made.id = id
    made.symbols = SymbolsRecord(
      kernel: ["1": "entry+0x1", "2": "do_<read>+0x2 [ext4]"],
      files: [.init(buildID: "00ff", path: "/bin/sh", symbols: ["9": "main+0x3"])],
      notes: ["1 of 2 files is gone"])
    for index in made.iterations.indices where !made.iterations[index].phases.isEmpty {
      made.iterations[index].phases[0].stacks = [
        StacksRecord(
          metric: "profile.cpu", labels: ["comm": "sh"], unit: "ns",
          stacks: [
            .init(
              count: weight, sum: weight * 1_000_000, kernel: ["2", "1"],
              user: [.init(buildID: "00ff", address: "9")]),
            .init(count: 500, sum: 500_000_000, kernel: ["1"], user: []),
          ], dropped: 2)
      ]
    }
    return made
  }

  /// A comparison's page with a differential flame graph.
  static func page() throws -> String {
    func arm(_ weight: UInt64, _ name: String) -> [RunRecord] {
      (0..<4).map { profiled(weight + UInt64($0), id: "\(name)\($0)") }
    }
    var report = verdictReport
    report.profiles = VerdictReport.profiles(
      VerdictInput(reference: arm(500, "old"), candidate: arm(1500, "new")))
    return try document(report, "html")
  }

  @Test func namesStandInTheTextWithTheirShares() throws {
    let report = RunReport(Self.profiled(1500))
    let stacks = try #require(report.stacks?.first)
    #expect(stacks.metric == "profile.cpu@fsync-f2fs")
    #expect(stacks.total == 2 * 2_000_000_000 && stacks.count == 4000 && stacks.dropped == 4)
    #expect(
      stacks.most.first?.frames == ["do_<read>+0x2 [ext4]", "entry+0x1", "main+0x3"])
    let lines = report.text(width: 100, style: .plain).split(separator: "\n")
    #expect(lines.contains { $0.contains("75") && $0.contains("do_<read> (kernel)") })
    #expect(lines.contains { $0.hasSuffix("do_<read>+0x2 [ext4] < entry+0x1 < main+0x3") })
    #expect(lines.contains("1 of 2 files is gone"))
    #expect(
      try document(report, "folded") == """
        sh;entry_[k] 1000000000
        sh;main;entry_[k];do_<read>_[k] 3000000000

        """)
  }

  @Test func aRunIsAPageWithItsFlameGraph() throws {
    let html = try document(RunReport(Self.profiled(1500)), "html")
    #expect(html.contains("<svg class=\"flame\""))
    #expect(html.contains("<title>do_&lt;read&gt; (kernel): 75.0%, 3.00 s</title>"))
    #expect(html.contains("aria-label=\"Flame graph of profile.cpu@fsync-f2fs. "))
    #expect(!html.contains("<script"))
  }

  @Test func aDifferenceBetweenArmsIsColouredAndSaid() throws {
    func arm(_ weight: UInt64, _ name: String) -> [RunRecord] {
      (0..<4).map { Self.profiled(weight + UInt64($0), id: "\(name)\($0)") }
    }
    let old = arm(500, "old")
    let same = VerdictReport.profiles(VerdictInput(reference: old, candidate: arm(501, "new")))
    #expect(same.count == 1 && same[0].comparison.different.isEmpty)
    let grown = VerdictReport.profiles(VerdictInput(reference: old, candidate: arm(1500, "new")))
    let different = try #require(grown.first).comparison.different
    let names = different.map { grown[0].comparison.tree.nodes[$0.node].frame.name }
    #expect(names.contains("do_<read>"))
    var report = verdictReport
    report.profiles = grown
    let html = try document(report, "html")
    #expect(html.contains("class=\"more\"") && html.contains("class=\"less\""))
    report.profiles = same
    let unchanged = try document(report, "html")
    #expect(!unchanged.contains("class=\"more\"") && unchanged.contains("No frame of "))
  }
}
