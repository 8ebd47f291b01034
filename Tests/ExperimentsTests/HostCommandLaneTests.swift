import Catalogs
import Devices
import Foundation
import RunRecords
import Synchronization
import Testing

@testable import Experiments

/// A device that notes what is asked of it, in the file its commands write to.
private struct NotingDevice: Device {
  let name = "noted"
  let log: String
  /// What the questions about boot work are answered with, in turn; then nothing is under way.
  let answers: Answers

  final class Answers: Sendable {
    private let left: Mutex<[String]>
    init(_ answers: [String]) { left = Mutex(answers) }
    func next() -> String { left.withLock { $0.isEmpty ? "" : $0.removeFirst() } }
  }

  private func note(_ text: String) throws {
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
    try file.seekToEnd()
    try file.write(contentsOf: Data("\(text)\n".utf8))
    try file.close()
  }

  func exec(_ command: String, timeout: Duration) async throws -> ExecResult {
    try note("ask")
    return ExecResult(
      exitCode: 0, standardOutput: Array(answers.next().utf8), standardError: [])
  }

  func reboot() async throws { try note("restart") }
  func waitUntilReady(timeout: Duration) async throws { try note("ready") }

  private struct Unused: Error {}
  func stream(_ command: String) async throws -> any DeviceStream { throw Unused() }
  func push(_ localPath: String, to remotePath: String, mode: UInt32) async throws {
    throw Unused()
  }
  func pull(_ remotePath: String, to localPath: String) async throws { throw Unused() }
  func identify() async throws -> DeviceIdentity { throw Unused() }
}

@Suite struct HostCommandLaneTests {
  /// What a start does, in order, and the flash it reports.
  private func start(
    commands: String, answers: [String] = [],
    _ starts: [(firmware: String, installs: Bool)] = [
      ("new", true)
    ]
  ) async throws -> (events: [String], flash: FlashFacts?) {
    let log = NSTemporaryDirectory() + "latgate-commands-\(UUID().uuidString)"
    try Data().write(to: URL(fileURLWithPath: log))
    defer {
      for path in [log, "\(log)-commands"] { try? FileManager.default.removeItem(atPath: path) }
    }
    let text =
      "device: noted\nkind: adb\ncommands:\n"
      + commands.replacing("LOG", with: log)
    let definition = try DeviceDefinition.parse(text, file: "d.yaml")
    let lane = HostCommandLane(
      device: NotingDevice(log: log, answers: .init(answers)), definition: definition,
      transport: "adb",
      commands: HostCommandRunner(
        device: "noted", definition: definition, usbPath: nil, log: "\(log)-commands"))
    var flash: FlashFacts?
    for one in starts {
      flash = try await lane.start(firmware: one.firmware, installs: one.installs).flash
    }
    let events = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n")
    return (events.map(String.init), flash)
  }

  @Test func theFirstBootAfterAFlashIsDiscarded() async throws {
    let made = try await start(
      commands: "  flash: echo flash {firmware} >>LOG\n", answers: ["Update state: merging\n"])
    // Asked twice, as the first answer was a merge under way.
    #expect(
      made.events == ["flash new", "restart", "ready", "ask", "ask", "restart", "ready"])
    let again = try await start(commands: "  flash: echo flash >>LOG\n")
    #expect(made.flash != nil && made.flash != again.flash)
  }

  @Test func aFirmwareThatIsInstalledIsBootedAgainAndNotFlashed() async throws {
    let commands = "  flash: echo flash {firmware} >>LOG\n"
    let flash = ["restart", "ready", "ask", "restart", "ready"]
    let again = try await start(commands: commands, [("a", true), ("a", false)])
    #expect(again.events == ["flash a"] + flash + ["restart", "ready"])
    #expect(again.flash != nil, "the record still says which flash it was")
    // What a device holds is not known unless this lane flashed it, and nothing else since.
    let other = try await start(commands: commands, [("a", false), ("b", false)])
    #expect(other.events == ["flash a"] + flash + ["flash b"] + flash)
  }

  @Test func aSwitchNeedsOneBoot() async throws {
    let made = try await start(commands: "  switch: echo switch >>LOG\n")
    #expect(made.events == ["switch", "restart", "ready"] && made.flash == nil)
  }
}
