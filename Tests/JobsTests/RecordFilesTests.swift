import Foundation
import RunRecords
import Testing

@testable import Jobs

struct RecordFilesTests {
  private func record(_ order: Int, _ arm: ExperimentPlace.Arm = .reference) -> RunRecord {
    RunRecord(
      id: "run", created: Date(timeIntervalSince1970: 0), toolVersion: "t",
      experiment: ExperimentPlace(id: "e", arm: arm, order: order), target: "t",
      device: DeviceFacts(name: "d", serial: "d", model: "m", transport: "adb", abi: "arm64"),
      firmware: FirmwareIdentity(
        name: "f", id: "f", fingerprint: "f", kernelRelease: "k", kernelBuildID: ""),
      boot: BootFacts(bootID: "b", uptimeSeconds: 5), suite: "s", workload: "w", iterations: [])
  }

  @Test("runs of one check have files of their own, however many there are")
  func names() {
    #expect(RecordFiles.path(of: record(7), in: "d") == "d/007-reference.json")
    #expect(RecordFiles.path(of: record(12, .candidate), in: "d") == "d/012-candidate.json")
    let orders = [0, 1, 99, 100, 999, 1000, 1001, 2000, .max]
    let paths = orders.map { RecordFiles.path(of: record($0), in: "d") }
    #expect(Set(paths).count == orders.count, "\(paths)")
  }
}
