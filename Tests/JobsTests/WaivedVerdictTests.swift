import Foundation
import Jobs
import RecordStore
import Testing

@testable import RegressionAnalysis

/// A pass that a waiver made is none to a baseline.
@Suite final class WaivedVerdictTests {
  private let directory = NSTemporaryDirectory() + "latgate-waived-\(UUID().uuidString)"

  deinit {
    try? FileManager.default.removeItem(atPath: directory)
  }

  @Test func aMissedDeadlineThatIsWaivedIsKeptAsSuch() async throws {
    let store = try await Store.open(path: "\(directory)/store.sqlite")
    func kept(isWaived: Bool) throws -> String? {
      var verdict = Verdict(
        outcome: .pass, continuation: .settled, grade: .interleaved, reasons: [], probes: [],
        metrics: [], counts: VerdictCounts(), runs: RunCounts(reference: 4, candidate: 4),
        comparisons: 1, noiseFactor: 1)
      verdict.deadlines = [
        DeadlineFinding(
          deadline: MetricDeadline(text: "m", patterns: ["m"], limit: 5, allowed: 0),
          state: isWaived ? .missed : .met, unknown: 0, isWaived: isWaived)
      ]
      try BenchMemory.note(
        verdict, on: VerdictInput(reference: [], candidate: []),
        of: BenchIdentity(target: "board", device: "s1", suite: "storage"), id: "e1", in: store)
      return try store.experiments().first?.outcome
    }
    #expect(try kept(isWaived: true) == StoredExperiment.waived)
    #expect(try kept(isWaived: false) == "pass")
  }
}
