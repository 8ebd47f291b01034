/// A report as the collector has it: what the judge reads.
package struct CollectedReport: Sendable, Hashable {
  package var id: ReportID
  package var device: DevicePseudonym
  /// Of the collector's clock, in milliseconds since 1970 (UTC).
  package var received: UInt64
  package var report: FleetReport

  package init(id: ReportID, device: DevicePseudonym, received: UInt64, report: FleetReport) {
    self.id = id
    self.device = device
    self.received = received
    self.report = report
  }
}
