/// How often something happened in a phase, by one label set of a metric.
package struct CounterRecord: Codable, Sendable, Equatable {
  /// Metric name, `probe.metric`.
  package var metric: String
  package var labels: [String: String]
  /// Of ``sum``: what is counted, such as `{faults}`, or what is added up, such as `B`.
  package var unit: String
  /// Events.
  package var count: UInt64
  /// Of the value that every event has; ``count`` where events have none.
  package var sum: UInt64

  package init(
    metric: String, labels: [String: String] = [:], unit: String, count: UInt64, sum: UInt64
  ) {
    self.metric = metric
    self.labels = labels
    self.unit = unit
    self.count = count
    self.sum = sum
  }
}
