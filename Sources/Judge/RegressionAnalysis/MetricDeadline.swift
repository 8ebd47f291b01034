import RunRecords

/// A fixed limit of operations' durations, and how many may exceed it on the candidate.
package struct MetricDeadline: Codable, Sendable, Equatable {
  /// As the suite writes it.
  package var text: String
  /// The same over ``MetricID/text``, with `*` and `?`: one of them matches.
  package var patterns: [String]
  /// ns.
  package var limit: UInt64
  /// Share of operations that may take longer, 0...1; 0 = none at all.
  package var allowed: Double
  /// Metric of stacks that explains the longest operations (``WorstStack``); nil = none.
  package var stacks: String?

  package init(
    text: String, patterns: [String], limit: UInt64, allowed: Double, stacks: String? = nil
  ) {
    self.text = text
    self.patterns = patterns
    self.limit = limit
    self.allowed = allowed
    self.stacks = stacks
  }

  func matches(_ id: MetricID) -> Bool { patterns.contains { glob($0, matches: id.text) } }
}
