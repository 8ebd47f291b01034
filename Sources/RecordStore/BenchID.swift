import RunRecords

/// Where a suite is measured: what noise belongs to.
package struct BenchID: Sendable, Hashable, Codable {
  /// Name of the device file.
  package var target: String
  /// Model that the device tells; devices of one model share their noise.
  package var model: String
  package var suite: String

  package init(target: String, model: String, suite: String) {
    self.target = target
    self.model = model
    self.suite = suite
  }

  /// Where a run was made.
  package init(_ record: RunRecord) {
    self.init(target: record.target, model: record.device.model, suite: record.suite)
  }
}

extension BenchID: CustomStringConvertible {
  package var description: String { "\(suite) on \(target) (\(model))" }
}
