import FleetAnalysis
import FleetLog
import Foundation
import Reporting
import Synchronization

/// Pages about the campaigns whose reports a collector has. It reads the index and kept verdicts
/// and changes nothing.
final class Dashboard: Sendable {
  /// Directory of kept verdicts, `<campaign>/<time>.json`.
  private let verdicts: String
  private let repository: String?
  private let index: any ReportIndex
  private let k = FleetPolicy().anonymity
  private let known = Mutex<[String: Known]>([:])

  /// What was counted of a campaign, and when.
  private struct Known {
    var overview: CampaignOverview
    var at: ContinuousClock.Instant
  }

  /// How long counts are shown again: reading a large campaign takes seconds.
  private static let age = Duration.seconds(30)
  /// Verdicts of a campaign that are read, the last ones.
  private static let mostVerdicts = 200

  init(index: any ReportIndex, verdicts: String, repository: String?) {
    self.index = index
    self.verdicts = verdicts
    self.repository = repository
  }

  /// The page at a path, such as `/` or `/campaigns/disk-1`; nil where there is none.
  func page(_ path: String) throws -> String? {
    let campaigns = try index.campaigns()
    if path == "/" {
      // Without their reports: a device may have sent some of as many campaigns as it liked.
      let rows = campaigns.map { one in
        CampaignListPage.Row(
          campaign: one.campaign, devices: CampaignFacts.shown(one.devices, k: k),
          last: kept(one.campaign, last: 1).last)
      }
      return CampaignListPage(rows, k: k).html
    }
    let prefix = "/campaigns/"
    guard path.hasPrefix(prefix) else { return nil }
    let campaign = String(path.dropFirst(prefix.count))
    guard campaigns.contains(where: { $0.campaign == campaign }),
      RepositoryFiles.isPlain("/\(campaign)")
    else { return nil }
    return CampaignPage(
      try facts(campaign).overview, verdicts: kept(campaign, last: Self.mostVerdicts)
    ).html
  }

  private func facts(_ campaign: String) throws -> Known {
    let now = ContinuousClock.now
    if let one = known.withLock({ $0[campaign] }), now - one.at < Self.age { return one }
    var facts = CampaignFacts(campaign: campaign, k: k)
    try index.forEachReport(of: campaign) { facts.add($0) }
    let counted = Known(
      overview: facts.overview(now: Date(), arms: armNames(campaign)), at: now)
    known.withLock { $0[campaign] = counted }
    return counted
  }

  /// Kept verdicts, the oldest first; files that hold none are passed over.
  private func kept(_ campaign: String, last most: Int) -> [CampaignReport] {
    guard RepositoryFiles.isPlain("/\(campaign)") else { return [] }
    let directory = "\(verdicts)/\(campaign)"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    return names.filter { $0.hasSuffix(".json") }.sorted().suffix(most).compactMap { name in
      FileManager.default.contents(atPath: "\(directory)/\(name)")
        .flatMap { try? CampaignReport(json: $0) }
    }
  }

  private struct Manifest: Decodable {
    struct Arm: Decodable { var name: String }
    var arms: [Arm]
  }

  /// Names of a campaign's arms where the repository is at hand, revoked campaigns included.
  private func armNames(_ campaign: String) -> [String] {
    guard let repository else { return [] }
    let directory = "\(repository)/targets/campaigns"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    guard let name = names.first(where: { $0.hasSuffix(".\(campaign).json") }),
      let data = FileManager.default.contents(atPath: "\(directory)/\(name)"),
      let manifest = try? JSONDecoder().decode(Manifest.self, from: data)
    else { return [] }
    return manifest.arms.map(\.name)
  }
}
