import FleetLog
import FleetReports
import Testing

@testable import FleetCollector

@Suite("The dashboard's pages")
struct DashboardTests {
  private struct UnreadIndex: ReportIndex {
    let isShared = false
    let pause = Duration.zero

    func logs() -> [LogIdentity] { [] }
    func position(in log: LogIdentity) -> LogPosition? { nil }
    func add(_ records: [PlacedRecord], upTo position: LogPosition, of log: LogIdentity) {}
    func models(of campaign: String) -> [String: Int] { [:] }
    func conflicts() -> [ReportID] { [] }
    func owner(of slot: ReportSlot) -> ReportID? { nil }

    func campaigns() -> [CampaignCount] {
      [
        CampaignCount(campaign: "disk-1", reports: 90, devices: 45),
        CampaignCount(campaign: "made-up", reports: 1, devices: 1),
      ]
    }

    func forEachReport(of campaign: String?, _ body: (CollectedReport) throws -> Void) {
      Issue.record("reports of \(campaign ?? "all") were read")
    }
  }

  @Test("The list of campaigns reads no reports, of however many campaigns there are")
  func list() throws {
    let dashboard = Dashboard(index: UnreadIndex(), verdicts: "/nonexistent", repository: nil)
    let page = try #require(try dashboard.page("/"))
    #expect(page.contains("disk-1") && page.contains("40 or more"))
    #expect(page.contains("made-up") && page.contains("fewer than 20"))
    #expect(try dashboard.page("/campaigns/other") == nil)
  }
}
