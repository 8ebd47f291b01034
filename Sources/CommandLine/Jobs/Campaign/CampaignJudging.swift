import CampaignFiles
import Campaigns
import FleetAnalysis
import Foundation
import Reporting

/// One look at a campaign: reports in, verdict out.
package struct CampaignJudging: Sendable {
  package var manifest: CampaignManifest
  /// Name of the arm that the firmware was offered to.
  package var candidate: String
  /// Build under test.
  package var build: String
  /// When the firmware was first offered.
  package var offered: MetadataTime
  /// Time of this look: reports from later are left out.
  package var now: MetadataTime
  /// Hours without a measurement after which a device counts as lost.
  package var silence: Int
  package var policy = FleetPolicy()

  package init(
    manifest: CampaignManifest, candidate: String, build: String, offered: MetadataTime,
    now: MetadataTime, silence: Int
  ) {
    self.manifest = manifest
    self.candidate = candidate
    self.build = build
    self.offered = offered
    self.now = now
    self.silence = silence
  }

  /// Models that are looked at by themselves.
  private static let mostModels = 16

  /// Where a look reads its reports.
  package enum Source: Sendable {
    /// Lines of JSON; `file` is for messages.
    case lines(Data, file: String)
    case index(CollectedReports)
  }

  /// The verdict, and what was left out, in a sentence each.
  /// - Throws: ``CampaignDraftError`` for an arm that is not there, ``ReportLines/Fault``, and what
  ///   ``CollectedReports`` throws.
  package func verdict(of source: Source) throws -> (verdict: FleetVerdict, notes: [String]) {
    let arms = manifest.arms.map(\.name)
    guard let number = arms.firstIndex(of: candidate), number > 0 else {
      throw CampaignDraftError(
        what: "the campaign has no arm '\(candidate)' beside its control",
        remedy: "it has \(arms.dropFirst().joined(separator: ", "))")
    }
    let hour = Int(now.seconds / 3600)
    let models = try models(source)
    var all = EvidenceCollector(setting(arms, models, now: hour))
    // What is shown is made of whole days, so that two looks do not differ by one device.
    var whole = EvidenceCollector(setting(arms, models, now: hour / 24 * 24))
    let strange = try read(source) { report in
      all.add(report)
      whole.add(report)
    }
    let verdict = FleetJudge(policy).judge(
      all.finished(), candidate: number, releasable: whole.finished())
    var notes: [String] = []
    if all.refused > 0 {
      notes.append("\(all.refused) reports of other arms or from after this look are left out")
    }
    if strange > 0 {
      notes.append("\(strange) reports of metrics that the campaign does not have are left out")
    }
    if all.crowded > 0 {
      notes.append(
        "\(all.crowded) histograms are left out: there are too many kinds of them")
    }
    return (verdict, notes)
  }

  /// The same, as it is printed and kept.
  package func report(of source: Source) throws -> (report: CampaignReport, notes: [String]) {
    let (verdict, notes) = try verdict(of: source)
    return (
      CampaignReport(
        verdict, campaign: manifest.id, build: build, offered: offered.description,
        asOf: now.description), notes
    )
  }

  private func models(_ source: Source) throws -> Set<String> {
    switch source {
    case .lines(let data, let file):
      ReportLines(manifest: manifest, file: file).models(data, most: Self.mostModels)
    case .index(let reports): try reports.models(of: manifest.id, most: Self.mostModels)
    }
  }

  /// - Returns: how many reports were left out, as no such report can be of this campaign.
  private func read(
    _ source: Source, _ take: (EvidenceCollector.Report) -> Void
  ) throws -> Int {
    switch source {
    case .lines(let data, let file):
      try ReportLines(manifest: manifest, file: file).read(data, take)
    case .index(let reports): try reports.read(manifest, take)
    }
  }

  private func setting(
    _ arms: [String], _ models: Set<String>, now: Int
  ) -> EvidenceCollector.Setting {
    EvidenceCollector.Setting(
      arms: arms, widths: manifest.arms.map(\.width), offered: Int(offered.seconds / 3600),
      now: now, silence: silence, candidate: build, models: models)
  }
}

extension ExitStatus {
  /// A promotion gate reads it as it reads that of a check.
  package init(_ outcome: FleetVerdict.Outcome) {
    self =
      switch outcome {
      case .promote: .pass
      case .stop: .regression
      case .goOn: .inconclusive
      case .guardFailed: .gateFailed
      }
  }
}
