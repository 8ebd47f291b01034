import Foundation
import RegressionAnalysis
import RunRecords
import Testing

@testable import RecordStore

@Suite final class BenchStoreTests {
  private let directory = NSTemporaryDirectory() + "latgate-store-\(UUID().uuidString)"
  private let now = Date(timeIntervalSince1970: 1_790_000_000)
  private let bench = BenchIdentity(target: "board", device: "s1", suite: "storage")

  deinit {
    try? FileManager.default.removeItem(atPath: directory)
  }

  private func open() async throws -> Store {
    try await Store.open(path: directory + "/latgate.sqlite")
  }

  private func appended(_ text: String) -> (Data?) -> Data {
    { old in Data((old.map { String(decoding: $0, as: UTF8.self) } ?? "").utf8) + Data(text.utf8) }
  }

  @Test func aProfileGrowsByEachExperimentOnce() async throws {
    let store = try await open()
    #expect(try store.profile(of: bench) == nil)
    #expect(try store.growProfile(of: bench, by: "e1", at: now, appended("1")))
    #expect(try store.growProfile(of: bench, by: "e2", at: now, appended("2")))
    #expect(try !store.growProfile(of: bench, by: "e1", at: now, appended("again")))
    let known = try #require(try store.profile(of: bench))
    #expect(known.profile == Data("12".utf8))
    #expect(known.experiments == 2)
    #expect(known.calibration == nil)
    let other = BenchIdentity(target: "board", device: "s2", suite: "storage")
    #expect(try store.profile(of: other) == nil)
  }

  @Test func whatCannotGrowChangesNothing() async throws {
    /// What a profile that cannot be read leads to.
    struct Unreadable: Error {}
    let store = try await open()
    try store.growProfile(of: bench, by: "e1", at: now, appended("1"))
    #expect(throws: Unreadable.self) {
      try store.growProfile(of: bench, by: "e2", at: now) { _ in throw Unreadable() }
    }
    #expect(try store.profile(of: bench)?.experiments == 1)
    #expect(try store.growProfile(of: bench, by: "e2", at: now, appended("2")))
  }

  @Test func aCalibrationTakesThePlaceOfWhatWasKnown() async throws {
    let store = try await open()
    try store.growProfile(of: bench, by: "e1", at: now, appended("old"))
    try store.calibrate(
      bench, calibration: Data("c".utf8), profile: Data("p".utf8), experiments: ["e2"], at: now)
    // Its runs are not learnt from again; what came before is forgotten.
    #expect(try !store.growProfile(of: bench, by: "e2", at: now, appended("2")))
    #expect(try store.growProfile(of: bench, by: "e3", at: now, appended("3")))
    let known = try #require(try store.profile(of: bench))
    #expect(known.profile == Data("p3".utf8))
    #expect(known.calibration == Data("c".utf8))
    #expect(known.experiments == 2)
  }

  @Test func experimentsThatEndTogetherBothCount() async throws {
    // Two connections, as two processes have them.
    let first = try await open()
    let second = try await open()
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<20 {
        group.addTask { [bench, now] in
          let store = number.isMultiple(of: 2) ? first : second
          _ = try? store.growProfile(of: bench, by: "e\(number)", at: now) { old in
            (old ?? Data()) + Data("x".utf8)
          }
        }
      }
    }
    #expect(try first.profile(of: bench)?.profile.count == 20)
  }

  @Test func baselinesKeepTheirBuildsAndSteps() async throws {
    let store = try await open()
    let pinned = StoredBaseline(
      name: "release", suite: "storage", target: "board", kind: .pinned(["z", "a"]), at: now)
    let step = StoredBaseline.Step(build: "b7", reason: "meant", at: now)
    var rolling = StoredBaseline(
      name: "nightly", suite: "storage", target: "board", kind: .rolling(16), at: now)
    #expect(try !store.add(pinned))
    #expect(try !store.add(rolling))
    try store.accept(step, in: "nightly")
    rolling.steps = [step]
    #expect(try store.baselines() == [rolling, pinned])
    #expect(try store.baseline(named: "nope") == nil)
    #expect(throws: StoreError.self) { try store.accept(step, in: "nope") }
    #expect(try store.add(pinned))
    #expect(try store.removeBaseline("nightly"))
    #expect(try !store.removeBaseline("nightly"))
    #expect(try store.baselines() == [pinned])
  }

  @Test func waiversHoldForTheirSuiteOrForAll() async throws {
    let store = try await open()
    var everywhere = StoredWaiver(
      metric: "fsync.*", until: "2027-01-31", reason: "known", at: now)
    var here = StoredWaiver(
      metric: "block.*", suite: "storage", until: "2020-01-31", reason: "old", at: now)
    everywhere.id = try store.add(everywhere)
    here.id = try store.add(here)
    #expect(try store.waivers() == [everywhere, here])
    #expect(try store.waivers(suite: "storage") == [everywhere, here])
    #expect(try store.waivers(suite: "boot") == [everywhere])
    #expect(try store.removeWaiver(everywhere.id) == everywhere)
    #expect(try store.removeWaiver(everywhere.id) == nil)
    #expect(try store.waivers() == [here])
  }

  @Test func verdictsOnBuildsWithoutRunsGo() async throws {
    let store = try await open()
    for (number, candidate) in ["b0", "b1", "b2"].enumerated() {
      for kind in StoredExperiment.Kind.allCases {
        try store.add(
          StoredExperiment(
            id: "\(kind.rawValue)-\(candidate)", kind: kind,
            at: now.addingTimeInterval(Double(number) * 60), bench: bench, reference: "r",
            candidate: candidate, outcome: "pass", owner: nil, verdict: Data("12345".utf8)))
      }
    }
    let found = try store.verdicts(before: now.addingTimeInterval(100), withoutRuns: ["b1"])
    #expect(found.map(\.id) == ["gate-b0"])
    #expect(found.map(\.bytes) == [5])
    try store.removeVerdicts(found.map(\.id))
    #expect(try store.experiments(suite: "storage", target: "board").count == 5)
  }
}
