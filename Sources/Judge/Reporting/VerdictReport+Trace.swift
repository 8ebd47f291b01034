extension VerdictReport {
  /// A recording of the iteration in which a slower metric was worst.
  package struct Trace: Sendable, Equatable, Encodable {
    /// `reference` or `candidate`.
    package var arm: String
    package var firmware: String
    package var metric: String
    /// From 1 on, of so many that were recorded.
    package var iteration: Int
    package var of: Int
    /// The metric in that iteration, in its unit; nil where it has none.
    package var value: Double?
    package var unit: String
    /// A perfetto trace, by its path from the check's directory.
    package var file: String

    package init(
      arm: String, firmware: String, metric: String, iteration: Int, of: Int, value: Double?,
      unit: String, file: String
    ) {
      self.arm = arm
      self.firmware = firmware
      self.metric = metric
      self.iteration = iteration
      self.of = of
      self.value = value
      self.unit = unit
      self.file = file
    }

    /// `candidate (slow-disk), iteration 2 of 3: fsync.latency 71.2 ms`.
    package var sentence: String {
      let amount = value.map { " \(humanValue($0, unit: unit))" } ?? ""
      return "\(arm) (\(firmware)), iteration \(iteration) of \(of): \(metric)\(amount)"
    }
  }
}
