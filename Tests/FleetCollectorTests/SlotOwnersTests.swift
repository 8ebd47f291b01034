import Dispatch
import FleetLog
import FleetReports
import Foundation
import Testing

@testable import FleetCollector

@Suite("Which report counts in a slot")
struct SlotOwnersTests {
  /// An index whose server does not answer yet.
  private final class SlowIndex: ReportIndex {
    static let answer = ReportID(high: 1, low: 2)
    let isShared = true
    let pause = Duration.zero
    let gate = DispatchSemaphore(value: 0)

    func logs() -> [LogIdentity] { [] }
    func position(in log: LogIdentity) -> LogPosition? { nil }
    func add(_ records: [PlacedRecord], upTo position: LogPosition, of log: LogIdentity) {}
    func campaigns() -> [CampaignCount] { [] }
    func forEachReport(of campaign: String?, _ body: (CollectedReport) throws -> Void) {}
    func models(of campaign: String) -> [String: Int] { [:] }
    func conflicts() -> [ReportID] { [] }

    func owner(of slot: ReportSlot) -> ReportID? {
      gate.wait()
      defer { gate.signal() }
      return Self.answer
    }
  }

  @Test("An index that takes its time holds nobody up, and is not asked by more than some at once")
  func slow() async throws {
    let path = FileManager.default.temporaryDirectory.path + "/latgate-owners-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let (log, _) = try ReportLog.open(LogDirectory(path: path))
    let index = SlowIndex()
    let owners = SlotOwners(
      log: log, indexer: Indexer(index, directory: log.directory), index: index)
    let report = FleetReport(
      campaign: "c", manifest: 1, incarnation: 2, sequence: 3, arm: 0, build: "b", model: "m")
    let slot = ReportSlot(device: DevicePseudonym(high: 1, low: 0), report: report)
    let beyond = 3
    let answers = await withTaskGroup(of: ReportID?.self) { group in
      for _ in 0..<SlotOwners.mostAtOnce + beyond {
        group.addTask { await owners.owner(of: slot) }
      }
      var answers: [ReportID?] = []
      for _ in 0..<beyond { if let answer = await group.next() { answers.append(answer) } }
      #expect(answers.count == beyond && answers.allSatisfy { $0 == nil })
      index.gate.signal()
      for await answer in group { answers.append(answer) }
      return answers
    }
    #expect(answers.count(where: { $0 == SlowIndex.answer }) == SlotOwners.mostAtOnce)
    await log.close()
  }
}
