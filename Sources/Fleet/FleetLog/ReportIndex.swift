import FleetReports

/// What queries are put to: made from the log, and made anew when it is lost.
///
/// An engine may get batches twice, and reports twice; it counts a report once. Of two reports in one
/// slot the first in the log counts, the other is noted as a conflict. Of several logs, the one with the lower
/// place is first, and at the same place the log with the lower number: an order that is the same in
/// whatever order the logs are read, and that no clock changes.
package protocol ReportIndex: Sendable {
  /// Whether several collectors may write to it at once.
  var isShared: Bool { get }

  /// Time from one change to the next while reports come one by one.
  var pause: Duration { get }

  /// Logs of which it has something, ascending.
  func logs() throws -> [LogIdentity]

  /// Up to where a log was read.
  func position(in log: LogIdentity) throws -> LogPosition?

  /// Takes the next reports of a log, and the place after them, as one change.
  func add(_ records: [PlacedRecord], upTo position: LogPosition, of log: LogIdentity) throws

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
  /// Takes reports that are in no log.
  package func add(_ records: [LogRecord], upTo position: LogPosition) throws {
    try add(
      PlacedRecord.batch(records, endingAt: position), upTo: position, of: .unnumbered)
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
