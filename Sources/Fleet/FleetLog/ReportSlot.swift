import FleetReports

/// The place of a report in what its device sends. Two contents in one slot are a fault of the device, and
/// counting both would count a window twice.
package struct ReportSlot: Sendable, Hashable {
  package let device: DevicePseudonym
  package let incarnation: UInt64
  package let sequence: UInt32

  package init(device: DevicePseudonym, report: FleetReport) {
    self.device = device
    incarnation = report.incarnation
    sequence = report.sequence
  }
}
