import Catalogs
import Devices
import Foundation
import RunRecords
import Synchronization
import Testing

@testable import Experiments

/// A device that is whatever firmware was installed last.
private struct Board: Device {
  let name = "board"
  let installed: Shared

  func exec(_ command: String, timeout: Duration) async throws -> ExecResult {
    let text = command == "cat /etc/id" ? installed.value : "latgate:notes=\nlatgate:slot=\n"
    return ExecResult(exitCode: 0, standardOutput: Array(text.utf8), standardError: [])
  }

  func identify() async throws -> DeviceIdentity {
    DeviceIdentity(
      serial: "s", model: "m", fingerprint: installed.value, kernelRelease: "6.1",
      kernelVersion: "#1", abi: "arm64", bootID: "b")
  }

  private struct Unused: Error {}
  func stream(_ command: String) async throws -> any DeviceStream { throw Unused() }
  func push(_ localPath: String, to remotePath: String, mode: UInt32) async throws {
    throw Unused()
  }
  func pull(_ remotePath: String, to localPath: String) async throws { throw Unused() }
  func reboot() async throws {}
  func waitUntilReady(timeout: Duration) async throws {}
}

/// A text that several may look at.
private final class Shared: Sendable {
  private let mutex: Mutex<String>
  init(_ value: String) { mutex = Mutex(value) }
  var value: String {
    get { mutex.withLock { $0 } }
    set { mutex.withLock { $0 = newValue } }
  }
}

/// A lane whose installations do what a test says.
private struct Bench: DeviceLane {
  let transport = "adb"
  let board: Board
  let starts: Shared
  let install: @Sendable (String) -> String?

  func start(firmware: String) async throws -> StartedFirmware {
    starts.value += starts.value.isEmpty ? firmware : " \(firmware)"
    if let made = install(firmware) { board.installed.value = made }
    return StartedFirmware(device: board, firmwareID: firmware)
  }

  func current() async throws -> any Device { board }
  func recover() async throws -> Bool { false }
  func finish() async {}
}

private func storedRecord() -> RunRecord {
  RunRecord(
    id: "1", created: Date(timeIntervalSince1970: 0), toolVersion: "t", target: "t",
    device: DeviceFacts(name: "d", serial: "d", model: "m", transport: "adb", abi: "arm64"),
    firmware: FirmwareIdentity(
      name: "nightly-1", id: "f", fingerprint: "x", kernelRelease: "6.1", kernelBuildID: ""),
    boot: BootFacts(bootID: "b", uptimeSeconds: 5), suite: "s", workload: "w", iterations: [])
}

struct ArmIdentitiesTests {
  private let starts = Shared("")

  /// Starts firmwares one after the other on a device that shows `before` at first.
  private func start(
    _ firmwares: [String], before: String = "x", isAA: Bool = false, runsBoth: Bool = true,
    file: String = "", made: [RunRecord] = [], stored: [RunRecord] = [],
    install: @escaping @Sendable (String) -> String?
  ) async throws {
    let bench = Bench(
      board: Board(installed: Shared(before)), starts: starts, install: install)
    let lane = IdentifiedLane(
      bench,
      definition: try .parse("device: board\nkind: adb\n\(file)", file: "d.yaml"),
      identities: ArmIdentities(
        reference: "good", candidate: "bad", isAA: isAA, made: made, stored: stored),
      runsBoth: runsBoth)
    for firmware in firmwares { _ = try await lane.start(firmware: firmware) }
  }

  @Test func anInstallationThatDoesNothingIsRefusedBeforeAnythingIsMeasured() async throws {
    let fault = await #expect(throws: ArmError.self) {
      try await start(["good"]) { _ in nil }
    }
    guard case .same(let device, "good", "bad", let marks) = fault else {
      Issue.record("\(String(describing: fault))")
      return
    }
    #expect(device == "board" && marks.contains("fingerprint 'x'"))
    // The candidate was tried, since the reference alone changed nothing.
    #expect(starts.value == "good bad")
  }

  @Test func aDeviceThatHadTheReferenceAlreadyIsAskedForTheCandidate() async throws {
    try await start(["good", "bad", "bad", "good"], before: "good") { $0 }
    #expect(starts.value == "good bad good bad bad good")
  }

  @Test func anInstallationThatChangesTheDeviceNeedsNoOther() async throws {
    try await start(["good", "bad"]) { $0 }
    #expect(starts.value == "good bad")
  }

  @Test func theSecondArmIsSeenToBeTheFirstAgain() async throws {
    // The candidate fell back to what was there.
    await #expect(throws: ArmError.self) {
      try await start(["good", "bad"]) { $0 == "good" ? "good" : nil }
    }
    #expect(starts.value == "good bad")
  }

  @Test func aFirmwareThatIsAnotherOneNowIsRefused() async throws {
    let fault = await #expect(throws: ArmError.self) {
      try await start(["good", "bad", "good"]) { [starts] in
        starts.value.hasSuffix("bad good") ? "other" : $0
      }
    }
    guard case .changed(_, "good", _, let now) = fault else {
      Issue.record("\(String(describing: fault))")
      return
    }
    #expect(now.contains("'other'"))
  }

  @Test func aDeclaredCheckOfOneFirmwareMayBeTheSameAndMustBe() async throws {
    try await start(["good", "bad"], isAA: true) { _ in nil }
    await #expect(throws: ArmError.self) {
      try await start(["good", "bad"], isAA: true) { $0 }
    }
  }

  @Test func whatTheFileExpectsIsHeldAgainstEveryBoot() async throws {
    let file = "firmwares: {good: {image: a, expect: good}, bad: {image: b, expect: bad}}\n"
    try await start(["good", "bad"], before: "good", file: file) { $0 }
    // Expected ids distinguish the arms, so nothing is started to learn that.
    #expect(starts.value == "good bad")
    let fault = await #expect(throws: ArmError.self) {
      try await start(["good", "bad"], before: "good", file: file) { _ in "good" }
    }
    guard case .unexpected("board", "bad", "bad", _) = fault else {
      Issue.record("\(String(describing: fault))")
      return
    }
  }

  @Test func theFilesOwnCommandTellsBuildsApart() async throws {
    // One fingerprint for all builds would be a fault without it.
    let lane = IdentifiedLane(
      Bench(board: Board(installed: Shared("x")), starts: starts) { $0 },
      definition: try .parse(
        "device: board\nkind: adb\nbuild_id: cat /etc/id\n", file: "d.yaml"),
      identities: ArmIdentities(reference: "good", candidate: "bad", isAA: false),
      runsBoth: true)
    let started = try await lane.start(firmware: "good")
    #expect(started.marks?[.reportedID] == "good")
    #expect(started.identity?.fingerprint == "good")
  }

  @Test func aCandidateThatIsAStoredBuildUnderAnotherNameIsRefused() async throws {
    var record = storedRecord()
    await #expect(throws: ArmError.self) {
      try await start(["bad"], stored: [record]) { _ in nil }
    }
    record.firmware.fingerprint = "y"
    try await start(["bad"], stored: [record]) { _ in nil }
  }

  @Test func runsThatWereMadeBeforeTellWhatTheirFirmwareIs() async throws {
    var record = storedRecord()
    record.firmware.name = "good"
    await #expect(throws: ArmError.self) {
      try await start(["bad"], made: [record]) { _ in nil }
    }
    #expect(starts.value == "bad")
  }
}
