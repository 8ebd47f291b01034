/// A report in a device's spool, as `latgate-field` reads it (`FieldCore/spool_file.c`): in version 1, whose
/// time is the wall's and says nothing of an age, so that none is too old to be sent.
package struct SpooledReport: Sendable, Equatable {
  /// Its place in the spool, from 1 on; the lowest is sent first.
  package var number: UInt64
  /// Unix time at which it was spooled, seconds.
  package var created: UInt64
  package var id: ReportID
  /// The bytes that are sent.
  package var report: [UInt8]

  private static let magic: UInt64 = 0x5053_474c
  private static let version: UInt64 = 1

  package init(number: UInt64, created: UInt64, id: ReportID, report: [UInt8]) {
    self.number = number
    self.created = created
    self.id = id
    self.report = report
  }

  /// Name of its file.
  package var fileName: String {
    let digits = String(number, radix: 16)
    return "r" + String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// Its file: magic, version, number, time, size, id, and a CRC of all but itself.
  package var fileBytes: [UInt8] {
    func littleEndian(_ value: UInt64, _ size: Int) -> [UInt8] {
      (0..<size).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
    }
    let head =
      littleEndian(Self.magic, 4) + littleEndian(Self.version, 4) + littleEndian(number, 8)
      + littleEndian(created, 8) + littleEndian(UInt64(report.count), 4) + id.bytes
    let sum = FleetReport.checksum((head + report)[...])
    return head + littleEndian(UInt64(sum), 4) + report
  }
}
