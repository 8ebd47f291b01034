import Crypto
import FleetReports

/// A report with what the collector knows of its arrival: one entry of the log.
package struct LogRecord: Sendable, Equatable {
  package let id: ReportID
  package let device: DevicePseudonym
  /// Of the collector's clock, in milliseconds since 1970 (UTC).
  package let received: UInt64
  /// The report as the device sent it.
  package let bytes: [UInt8]

  package init(id: ReportID, device: DevicePseudonym, received: UInt64, bytes: [UInt8]) {
    self.id = id
    self.device = device
    self.received = received
    self.bytes = bytes
  }

  /// The id of a report's bytes.
  package static func id(of bytes: [UInt8]) -> ReportID {
    let digest = SHA256.hash(data: bytes)
    // A digest has 32 bytes.
    return ReportID(digest) ?? ReportID(high: 0, low: 0)
  }
}
