import Foundation
import RegressionAnalysis
import RunRecords
import Testing

@testable import Jobs

@Suite struct WorstIterationTests {
  private let metric = MetricID(name: "copy.rate", phase: "copy")

  /// A warm-up and four judged iterations but for the second, which was dropped.
  private func record(_ values: [Double?], better: ScalarRecord.Better) -> RunRecord {
    let iterations = values.enumerated().map { index, value in
      IterationRecord(
        index: index, kind: index == 0 ? .warmup : .measured, startedUptimeNs: 0,
        phases: [
          PhaseRecord(
            name: "copy", durationNs: 1, drainNs: 0,
            scalars: value.map {
              [ScalarRecord(metric: "copy.rate", unit: "MB/s", value: $0, better: better)]
            } ?? [])
        ], dropped: index == 2 ? "the device was hot" : nil)
    }
    return RunRecord(
      id: "r", created: Date(timeIntervalSince1970: 0), toolVersion: "0", target: "board",
      device: DeviceFacts(
        name: "board", serial: "s", model: "m", transport: "adb", abi: "arm64"),
      firmware: FirmwareIdentity(
        name: "f", id: "f", fingerprint: "f", kernelRelease: "6.1", kernelBuildID: ""),
      boot: BootFacts(bootID: "b", uptimeSeconds: 60), suite: "s", workload: "w",
      iterations: iterations)
  }

  private func worst(
    _ values: [Double?], better: ScalarRecord.Better, recorded: (Int) -> Bool = { _ in true }
  ) -> WorstIteration? {
    WorstIteration(
      of: record(values, better: better), metric: metric, .value, recorded: recorded)
  }

  @Test func theMostIsWorstOnlyWhereLessIsBetter() throws {
    let time = try #require(worst([99, 3, 99, 7, 5], better: .lower))
    #expect(time.index == 3 && time.place == 2 && time.of == 3 && time.value == 7)
    let rate = try #require(worst([1, 3, 1, 7, 2], better: .higher))
    #expect(rate.index == 4 && rate.place == 3 && rate.of == 3 && rate.value == 2)
  }

  @Test func onlyWhatWasRecordedIsLookedAt() throws {
    let second = try #require(worst([9, 3, 9, 7, 5], better: .lower) { $0 != 3 })
    #expect(second.index == 4 && second.place == 2 && second.of == 2)
    #expect(worst([9, 3, 9, 7, 5], better: .lower) { _ in false } == nil)
  }

  @Test func withoutTheMetricTheFirstIsKept() throws {
    let first = try #require(worst([nil, nil, nil, nil, nil], better: .lower))
    #expect(first.index == 1 && first.place == 1 && first.of == 3 && first.value == nil)
  }
}
