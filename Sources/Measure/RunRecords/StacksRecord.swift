/// Where in the code something happened in a phase, by one label set of a metric.
package struct StacksRecord: Codable, Sendable, Equatable {
  /// An address of a process, as the kernel recorded it.
  package struct Frame: Codable, Sendable, Equatable {
    /// Of the file that was mapped there, hex; nil where the kernel did not know it.
    package var buildID: String?
    /// In that file where ``buildID`` says which, else in memory; hex without `0x`.
    package var address: String

    package init(buildID: String? = nil, address: String) {
      self.buildID = buildID
      self.address = address
    }
  }

  package struct Stack: Codable, Sendable, Equatable {
    /// Events.
    package var count: UInt64
    /// Of their weight, in the metric's unit.
    package var sum: UInt64
    /// Return addresses of the kernel, innermost first, hex without `0x`.
    package var kernel: [String]
    /// Of the process, innermost first.
    package var user: [Frame]

    package init(count: UInt64, sum: UInt64, kernel: [String], user: [Frame]) {
      self.count = count
      self.sum = sum
      self.kernel = kernel
      self.user = user
    }
  }

  /// Metric name, `probe.metric`.
  package var metric: String
  package var labels: [String: String]
  /// Of the stacks' ``Stack/sum``.
  package var unit: String
  package var stacks: [Stack]
  /// Events whose stack could not be had, or had no room.
  package var dropped: UInt64

  package init(
    metric: String, labels: [String: String] = [:], unit: String, stacks: [Stack], dropped: UInt64
  ) {
    self.metric = metric
    self.labels = labels
    self.unit = unit
    self.stacks = stacks
    self.dropped = dropped
  }
}
