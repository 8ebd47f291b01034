import Foundation
import POSIXSupport
import Testing

@testable import RecordStore

@Suite final class CrashLedgerTests {
  private let directory = NSTemporaryDirectory() + "latgate-store-\(UUID().uuidString)"
  private let subject = LoadSubject(
    model: "board", build: "b1", kernelBuildID: "00ff", probe: "block", content: "abc")
  private let now = Date(timeIntervalSince1970: 1_790_000_000)
  /// A process that cannot run any more.
  private let dead = ProcessIdentity(processID: 1, startTicks: 1, hostBootID: "another boot")

  deinit {
    try? FileManager.default.removeItem(atPath: directory)
  }

  private func open() async throws -> Store {
    try await Store.open(path: directory + "/a/latgate.sqlite")
  }

  private func attempt(_ owner: ProcessIdentity, boot: String = "boot-1") -> Store.Attempt {
    Store.Attempt(run: "r1", serial: "s1", bootID: boot, owner: owner, at: now)
  }

  private func own() throws -> ProcessIdentity {
    try #require(ProcessIdentity.current(of: getpid()))
  }

  @Test func aLoadThatWentWellLeavesTrustAndNoLine() async throws {
    let store = try await open()
    #expect(try !store.trusts(subject))
    let id = try store.beginLoad(subject, attempt(try own()))
    try store.endLoad(id)
    try store.trust(subject, run: "r1", at: now)
    try store.trust(subject, run: "r2", at: now)
    #expect(try store.trusts(subject))
    #expect(try store.quarantines(current: true).isEmpty)
    var changed = subject
    changed.content = "abd"
    #expect(try !store.trusts(changed))
  }

  @Test func blameQuarantinesThisBuildAndContentOnly() async throws {
    let store = try await open()
    try store.trust(subject, run: "r0", at: now)
    let id = try store.beginLoad(subject, attempt(try own()))
    let event = try #require(try store.blame(id, .reboot, evidence: "boot-2"))
    #expect(event.kind == .reboot)
    #expect(event.at == now)
    #expect(try store.quarantine(of: subject) == event)
    #expect(try !store.trusts(subject))
    for change in [\LoadSubject.model, \.build, \.kernelBuildID, \.content] {
      var other = subject
      other[keyPath: change] += "x"
      #expect(try store.quarantine(of: other) == nil)
    }
  }

  @Test func liftingAllowsTheLoadAgainAndIsRemembered() async throws {
    let store = try await open()
    let id = try store.beginLoad(subject, attempt(try own()))
    #expect(try store.lift(id, at: now) == nil)
    try store.blame(id, .panic, evidence: "")
    #expect(try store.lift(id, at: now)?.id == id)
    #expect(try store.lift(id, at: now) == nil)
    #expect(try store.quarantine(of: subject) == nil)
    #expect(try store.quarantines(current: true).isEmpty)
    #expect(try store.quarantines(current: false).map(\.liftedAt) == [now])
  }

  @Test func aLoadOfADeadHostIsBlamedUnlessTheDeviceSurvived() async throws {
    let store = try await open()
    func settle(boot: String) throws -> [CrashEvent] {
      try store.settleAbandoned(
        model: "board", build: "b1", kernelBuildID: "00ff", serial: "s1", bootID: boot)
    }
    _ = try store.beginLoad(subject, attempt(dead))
    #expect(try settle(boot: "boot-1").isEmpty)
    #expect(try settle(boot: "boot-2").isEmpty)

    _ = try store.beginLoad(subject, attempt(try own()))
    #expect(try settle(boot: "boot-2").isEmpty)

    _ = try store.beginLoad(subject, attempt(dead))
    #expect(try settle(boot: "boot-2").map(\.kind) == [.abandoned])
    #expect(try store.quarantine(of: subject)?.kind == .abandoned)
  }

  @Test func itIsThereForTheNextProcess() async throws {
    let id = try await open().beginLoad(subject, attempt(dead))
    // Nothing was closed in order: as after a crash.
    let next = try await open()
    try next.blame(id, .vanished, evidence: "gone")
    #expect(try await open().quarantine(of: subject)?.evidence == "gone")
  }

  @Test func severalMayOpenAndWriteAtOnce() async throws {
    let owner = try own()
    let path = directory + "/shared.sqlite"
    let (subject, attempt) = (subject, attempt(owner))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          let store = try await Store.open(path: path)
          for _ in 0..<5 {
            let id = try store.beginLoad(subject, attempt)
            try store.blame(id, .hang, evidence: "")
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try await Store.open(path: path).quarantines(current: true).count == 40)
  }

  @Test func aFileThatIsNoStoreIsNamed() async throws {
    let path = directory + "/garbage"
    try UserDirectories.makeDirectory(directory)
    try Data("not a database, but long enough to look at".utf8).write(
      to: URL(fileURLWithPath: path))
    do {
      _ = try await Store.open(path: path)
      Issue.record("opened garbage")
    } catch let error as StoreError {
      #expect(error.path == path)
      #expect("\(error)".contains("LATGATE_STORE"))
    }
  }

  @Test func itsPlaceIsGivenOrTheUsersStateDirectory() throws {
    let home = ["HOME": "/home/u"]
    #expect(try Store.location(option: "/x/s", environment: home) == "/x/s")
    #expect(
      try Store.location(option: nil, environment: ["LATGATE_STORE": "/y"]) == "/y")
    #expect(
      try Store.location(option: nil, environment: home)
        == "/home/u/.local/state/latgate/latgate.sqlite")
    #expect(
      try Store.location(option: nil, environment: ["XDG_STATE_HOME": "/st", "HOME": "/h"])
        == "/st/latgate/latgate.sqlite")
    #expect(throws: MissingHomeError.self) { try Store.location(option: nil, environment: [:]) }
  }
}
