import Catalogs
import Devices
import Foundation
import RunRecords
import Synchronization
import Testing

@testable import Experiments

/// A device that notes what is asked of it, in the file its hooks write to.
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

@Suite struct HookedLaneTests {
  /// What starts do, in order, and the flash that the last tells of.
  private func start(
    hooks: String, answers: [String] = [], again: [(firmware: String, installs: Bool)] = []
  ) async throws -> (events: [String], flash: FlashFacts?) {
    let log = NSTemporaryDirectory() + "latgate-hooks-\(UUID().uuidString)"
    try Data().write(to: URL(fileURLWithPath: log))
    defer {
      for path in [log, "\(log)-hooks"] { try? FileManager.default.removeItem(atPath: path) }
    }
    let text =
      "device: noted\nkind: adb\nhooks:\n"
      + hooks.replacing("LOG", with: log)
    let definition = try DeviceDefinition.parse(text, file: "d.yaml")
    let lane = HookedLane(
      device: NotingDevice(log: log, answers: .init(answers)), definition: definition,
      transport: "adb",
      hooks: HookRunner(
        device: "noted", definition: definition, usbPath: nil, log: "\(log)-hooks"))
    var started = try await lane.start(firmware: "new")
    for next in again {
      started = try await lane.start(firmware: next.firmware, installs: next.installs)
    }
    let events = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n")
    return (events.map(String.init), started.flash)
  }

  @Test func theFirstBootAfterAFlashIsDiscarded() async throws {
    let made = try await start(
      hooks: "  flash: echo flash {firmware} >>LOG\n", answers: ["Update state: merging\n"])
    // Asked twice, as the first answer was a merge under way.
    #expect(
      made.events == ["flash new", "restart", "ready", "ask", "ask", "restart", "ready"])
    let again = try await start(hooks: "  flash: echo flash >>LOG\n")
    #expect(made.flash != nil && made.flash != again.flash)
  }

  @Test func anInstalledFirmwareIsBootedAgainWithoutAFlash() async throws {
    let hooks = "  flash: echo flash {firmware} >>LOG\n"
    let flashed = ["restart", "ready", "ask", "restart", "ready"]
    let same = try await start(hooks: hooks, again: [("new", false)])
    #expect(same.events == ["flash new"] + flashed + ["restart", "ready"])
    #expect(same.flash != nil)
    // Another firmware is in its place by then.
    let other = try await start(hooks: hooks, again: [("old", false), ("new", true)])
    #expect(
      other.events == ["flash new"] + flashed + ["flash old"] + flashed + ["flash new"] + flashed)
  }

  @Test func aSwitchNeedsOneBoot() async throws {
    let made = try await start(hooks: "  switch: echo switch >>LOG\n")
    #expect(made.events == ["switch", "restart", "ready"] && made.flash == nil)
  }
}
