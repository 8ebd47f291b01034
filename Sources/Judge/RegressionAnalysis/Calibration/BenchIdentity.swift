import RunRecords

/// What a noise profile belongs to: runs of another bench say nothing about this one.
package struct BenchIdentity: Codable, Sendable, Hashable {
  package var target: String
  /// The device's serial; its model where it is virtual (``RunRecord/benchDevice``).
  package var device: String
  package var suite: String

  package init(target: String, device: String, suite: String) {
    self.target = target
    self.device = device
    self.suite = suite
  }

  package init(_ record: RunRecord) {
    self.init(target: record.target, device: record.benchDevice, suite: record.suite)
  }
}

extension RunRecord {
  /// The device as a bench knows it. A virtual device's serial is its port, another one in every
  /// boot, so that its model stands for it.
  package var benchDevice: String { device.transport == "virtual" ? device.model : device.serial }
}
