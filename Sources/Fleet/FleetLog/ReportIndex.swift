import FleetReports

/// What queries are put to: made from the log, and made anew when it is lost.
///
/// An engine may get batches twice, and reports twice; it counts a report once. Of two reports in one
/// slot the first in the log counts, the other is noted as a conflict.
package protocol ReportIndex: Sendable {
  /// Up to where the log was read.
  func position() throws -> LogPosition?

  /// Takes the next reports of the log, and the place after them, as one change.
  func add(_ records: [LogRecord], upTo position: LogPosition) throws

  /// Names of campaigns, ascending, with what is stored of each.
  func campaigns() throws -> [CampaignCount]

  /// Hands over the reports of a campaign, of all when nil, ascending by id.
  func forEachReport(of campaign: String?, _ body: (CollectedReport) throws -> Void) throws

  /// How many reports of a campaign came from each model.
  func models(of campaign: String) throws -> [String: Int]

  /// The report that counts in a slot; nil where there is none.
  func owner(of slot: ReportSlot) throws -> ReportID?

  /// Reports that were refused a second time, by id: other bytes in a slot that was taken.
  func conflicts() throws -> [ReportID]
}

extension ReportIndex {
  package func models(of campaign: String) throws -> [String: Int] {
    var models: [String: Int] = [:]
    try forEachReport(of: campaign) { models[$0.report.model, default: 0] += 1 }
    return models
  }
}

/// How much there is of a campaign.
package struct CampaignCount: Sendable, Equatable {
  package var campaign: String
  package var reports: Int
  package var devices: Int

  package init(campaign: String, reports: Int, devices: Int) {
    self.campaign = campaign
    self.reports = reports
    self.devices = devices
  }
}
