import FleetReports
import Foundation
import Reporting
import Testing

@testable import FleetCollector

@Suite("What a dashboard counts of a campaign")
struct CampaignFactsTests {
  private static let now = Date(timeIntervalSince1970: 500_000 * 3600)

  private func collected(
    _ device: UInt64, arm: UInt8 = 0, build: String = "B1", hour: UInt32 = 499_990,
    code: UInt8 = 0, sequence: UInt32 = 0, cpu: UInt32 = 50
  ) -> CollectedReport {
    let report = FleetReport(
      kind: code == 0 ? .measurement : .refusal, campaign: "c", manifest: 1, incarnation: device,
      sequence: sequence, arm: arm, build: build, model: "atlas", startedHour: hour,
      windowSeconds: code == 0 ? 10 : 0, cpuMilliseconds: cpu, memoryKiB: 2048, code: code)
    return CollectedReport(
      id: ReportID(high: device, low: UInt64(sequence)),
      device: DevicePseudonym(high: device, low: 0), received: 0, report: report)
  }

  private func facts(_ reports: [CollectedReport]) -> CampaignFacts {
    var facts = CampaignFacts(campaign: "c", k: 20)
    for report in reports.reversed() { facts.add(report) }
    return facts
  }

  @Test("Counts are multiples of k, and small cohorts are shown together or not at all")
  func cohorts() {
    var reports = (0..<45).map { collected($0) } + (100..<119).map { collected($0, build: "B0") }
    let few = facts(reports).overview(now: Self.now, arms: [])
    // 64 less the 45 that are shown would be the reports of 19 devices.
    #expect(few.devices == 60 && few.reports == 45)
    #expect(
      few.cohorts == [.init(arm: "control", build: "B1", model: "atlas", devices: 40, reports: 45)])
    reports += [collected(200, build: "B9")]
    let more = facts(reports).overview(now: Self.now, arms: ["usual"])
    #expect(more.cohorts.map(\.build) == ["B1", "others"])
    #expect(more.cohorts.map(\.devices) == [40, 20] && more.cohorts[0].arm == "usual")
    #expect(more.reports == 65)
  }

  @Test("A device is of the build that it reported last, whatever came first")
  func builds() {
    let reports = (0..<20).flatMap {
      [collected($0, hour: 10), collected($0, build: "B2", hour: 20, sequence: 1)]
    }
    #expect(facts(reports).overview(now: Self.now, arms: []).cohorts.map(\.build) == ["B2"])
    #expect(
      facts(reports.reversed()).overview(now: Self.now, arms: []).cohorts.map(\.build) == ["B2"])
  }

  @Test("Silent and refused devices, each once, by arm and reason")
  func absences() {
    let silent = (0..<25).map { collected($0, arm: 1, hour: 499_900) }
    let alive = (100..<130).map { collected($0, hour: 499_928) }
    let stopped = (200..<203).flatMap {
      [
        collected($0), collected($0, code: 10, sequence: 1), collected($0, code: 6, sequence: 2),
      ]
    }
    let found = facts(silent + alive + stopped).overview(now: Self.now, arms: []).absences
    #expect(
      found == [
        .init(arm: "control", why: "stopped: disabled after a crash", devices: nil),
        .init(arm: "arm 1", why: "silent: no measurement for 72 h", devices: 20),
      ])
  }

  @Test("Who measures again after it stopped is not absent, until it falls silent")
  func resumed() {
    func devices(_ hour: UInt32) -> [CollectedReport] {
      (0..<25).flatMap {
        [
          collected($0, hour: hour - 5, code: 10, sequence: 1),
          collected($0, hour: hour, sequence: 2),
        ]
      }
    }
    #expect(facts(devices(499_990)).overview(now: Self.now, arms: []).absences.isEmpty)
    #expect(
      facts(devices(499_900)).overview(now: Self.now, arms: []).absences
        == [.init(arm: "control", why: "silent: no measurement for 72 h", devices: 20)])
  }

  @Test("Cost is a quantile over devices, of arms that are large enough")
  func costs() throws {
    let reports =
      (0..<20).map { collected($0, cpu: $0 < 15 ? 10 : 100) }
      + (100..<119).map { collected($0, arm: 1) }
    let found = facts(reports).overview(now: Self.now, arms: []).costs
    #expect(found.map(\.arm) == ["control"])
    let cost = try #require(found.first)
    #expect(cost.cpu == .init(median: 0.001, high: 0.01))
    #expect(cost.memory.median == 2_097_152)
    #expect(cost.report.median == Double(reports[0].report.bytes.count))
  }
}

@Suite("The dashboard's password")
struct DashboardKeyTests {
  @Test("It is made once, for its owner alone, and opens with any user name")
  func opens() throws {
    let path = NSTemporaryDirectory() + "latgate-key-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let key = try DashboardKey(path: path)
    #expect(key.password.utf8.count == 32)
    #expect(try DashboardKey(path: path) == key)
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
    #expect(mode as? Int == 0o600)
    func basic(_ text: String) -> String { "Basic " + Data(text.utf8).base64EncodedString() }
    #expect(key.opens(basic("anyone:\(key.password)")))
    #expect(key.opens(basic(":\(key.password)")))
    #expect(!key.opens(basic("anyone:\(key.password)x")))
    #expect(!key.opens(basic("anyone:" + String(repeating: "0", count: 32))))
    #expect(!key.opens(basic(key.password)))
    #expect(!key.opens("Bearer \(key.password)"))
    #expect(!key.opens(nil) && !key.opens("Basic %%"))
  }
}
