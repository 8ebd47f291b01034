/// What one disk of a virtual device can do at most; nil is as fast as the host.
///
/// Requests over the limit wait in QEMU, so latency inside the device moves with these values.
/// A burst of a tenth of a second's worth is let through first.
package struct DiskLimits: Sendable, Hashable, Codable {
  /// Reads and writes per second, 1 and more. Flushes are not counted.
  package var iops: Int?
  /// Bytes read and written per second, 4096 and more.
  package var bytesPerSecond: Int?

  package init(iops: Int? = nil, bytesPerSecond: Int? = nil) {
    self.iops = iops
    self.bytesPerSecond = bytesPerSecond
  }

  /// No limit at all.
  package static let unlimited = DiskLimits()

  /// The part of QEMU's `-drive` argument, with a leading comma, or nothing.
  var driveOptions: String {
    var options = ""
    if let iops { options += ",throttling.iops-total=\(iops)" }
    if let bytesPerSecond { options += ",throttling.bps-total=\(bytesPerSecond)" }
    return options
  }

  func validate(field: String) throws(VirtualDeviceError) {
    if let iops, !(1...1_000_000).contains(iops) {
      throw .invalidValue(
        field: "\(field).iops", value: "\(iops)", reason: "must be from 1 to 1000000 per second")
    }
    if let bytesPerSecond, !(4096...(1 << 40)).contains(bytesPerSecond) {
      throw .invalidValue(
        field: "\(field).bytesPerSecond", value: "\(bytesPerSecond)",
        reason: "must be from 4096 to 2^40 bytes per second")
    }
  }
}
