import Foundation
import Testing

/// The main job, with an effect so large that few boots show it.
@Suite(.enabled(if: Tool.isEnabled, "needs a built tool and device images: run ci/test"))
struct CheckTests {
  private struct Verdict: Decodable {
    struct Metric: Decodable {
      struct ID: Decodable {
        var name: String
        var phase: String
      }

      var id: ID
      var outcome: String
      var gating: Bool
    }

    var outcome: String
    var runs: [String: Int]
    var metrics: [Metric]
  }

  // Its own limit is that of the call: waiting for the bench does not count.
  @Test
  func aSlowerDiskIsARegressionOfStorageAndOfNothingElse() async throws {
    let folder = try TemporaryFolder()
    let path = folder.path
    let made = try await Bench.shared.alone {
      try await Tool().run(
        "check", "demo", "--candidate", "slow-disk", "--output", path, within: .seconds(540))
    }
    #expect(made.exitCode == 1, "\(made.errors)\n\(made.output)")
    #expect(made.output.contains("REGRESSION"))

    let data = try #require(FileManager.default.contents(atPath: "\(folder.path)/verdict.json"))
    let verdict = try JSONDecoder().decode(Verdict.self, from: data)
    #expect(verdict.outcome == "regression")
    // A gross defect needs no more than a few boots.
    #expect(try #require(verdict.runs["candidate"]) <= 8)
    let regressed = verdict.metrics.filter { $0.outcome == "regression" && $0.gating }
    #expect(regressed.contains { $0.id.name == "fsync.latency" && $0.id.phase == "fsync-ext4" })
    #expect(regressed.contains { $0.id.name.hasPrefix("block.") })
    #expect(!regressed.contains { $0.id.name.hasPrefix("runqueue.") })
    #expect(!regressed.contains { $0.id.name.hasPrefix("binder.") })

    // The records judge the same again, without a device.
    let again = try await Tool().run(
      "compare", "--experiment", "\(folder.path)/runs", "--suite", "demo")
    #expect(again.exitCode == 1, "\(again.errors)")
  }
}
