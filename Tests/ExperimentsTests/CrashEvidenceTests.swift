import Devices
import Foundation
import Testing

@testable import Experiments

@Suite struct CrashEvidenceTests {
  /// Records outlive several boots: only one that was not there before is of this crash.
  @Test func onlyFreshRecordsSpeak() async throws {
    let directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("latgate-pstore-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let evidence = CrashEvidence(device: LocalDevice(), directory: directory)
    #expect(await evidence.records().isEmpty)

    func write(_ text: String, _ name: String) throws {
      try text.write(toFile: "\(directory)/\(name)", atomically: true, encoding: .utf8)
    }
    try write("Panic#1 Part1\nKernel panic - not syncing: old", "dmesg-ramoops-0")
    let known = await evidence.records()
    #expect(known.count == 1)
    #expect(!CrashEvidence.reportsPanic(await evidence.text(except: known)))

    try write("Panic#1 Part1\nKernel panic - not syncing: it's new", "dmesg-ramoops-1")
    let second = await evidence.text(except: known)
    #expect(second.contains("dmesg-ramoops-1:") && second.contains("it's new"))
    #expect(!second.contains("old"))

    // The oldest record's place is taken by the next.
    try write("Panic#1 Part1\nKernel panic - not syncing: older", "dmesg-ramoops-0")
    #expect(await evidence.text(except: known).contains("older"))
  }

  @Test func panicsAreDistinguishedFromRestarts() {
    #expect(CrashEvidence.reportsPanic("[ 1.0] Kernel panic - not syncing: sysrq triggered crash"))
    #expect(CrashEvidence.reportsPanic("sys.boot.reason: kernel_panic,sysrq"))
    #expect(!CrashEvidence.reportsPanic("sys.boot.reason: reboot,shell"))
  }
}
