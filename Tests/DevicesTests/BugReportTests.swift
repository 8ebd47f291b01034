import Foundation
import POSIXSupport
import Testing

@testable import Devices

@Suite struct BugReportTests {
  @Test func whatIsThereIsKeptAndTheRestNamed() async throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let written = await BugReport(device: LocalDevice()).collect(
      into: directory, texts: ["failure.txt": "it broke\n", "agent-stderr.txt": ""])
    #expect(written.contains("system.txt"))
    #expect(!written.contains("agent-stderr.txt"))
    let files = Set(try FileManager.default.contentsOfDirectory(atPath: directory))
    #expect(files == Set(written + ["index.txt"]))
    #expect(try String(contentsOfFile: directory + "/failure.txt", encoding: .utf8) == "it broke\n")
    let index = try String(contentsOfFile: directory + "/index.txt", encoding: .utf8)
    for source in BugReport.sources { #expect(index.contains("\(source.file): ")) }
  }

  @Test func aDeviceThatIsGoneLeavesItsReason() async throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: directory) }
    // Port 1 has no listener: that is known at once, however long may be waited.
    let device = SSHDevice(target: SSHTarget(host: "127.0.0.1", port: 1))
    let written = await BugReport(device: device, limit: .seconds(60)).collect(into: directory)
    #expect(written.isEmpty)
    let index = try String(contentsOfFile: directory + "/index.txt", encoding: .utf8)
    #expect(index.contains("the device reports nothing") && index.contains("refused"))
  }

  @Test func aDirectoryThatCannotBeMadeHarmsNobody() async {
    let written = await BugReport(device: LocalDevice(), limit: .seconds(5)).collect(
      into: "/proc/latgate/report", texts: ["failure.txt": "x"])
    #expect(written.isEmpty)
  }
}
