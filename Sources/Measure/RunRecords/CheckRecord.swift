/// What a probe counted under its own reference load.
package struct CheckRecord: Codable, Sendable, Equatable {
  /// The load's command line.
  package var load: String
  /// Metric -> operations that were recorded.
  package var recorded: [String: UInt64]
  /// Metrics of which some starts are neither ended nor in flight.
  package var unbalanced: [String]
  /// Metrics that counted less than the load makes, with what it makes; nil = none.
  package var least: [String: UInt64]?
  /// Why the load was none; nil when it ran to its end.
  package var failure: String?

  package init(
    load: String, recorded: [String: UInt64], unbalanced: [String] = [],
    least: [String: UInt64]? = nil, failure: String? = nil
  ) {
    self.load = load
    self.recorded = recorded
    self.unbalanced = unbalanced
    self.least = least
    self.failure = failure
  }

  /// Metrics that saw none of the load, though their hooks are attached.
  package var silent: [String] {
    failure == nil ? recorded.filter { $0.value == 0 }.keys.sorted() : []
  }

  /// Whether the load was made and the probe did not see it as it should.
  package var isFaulty: Bool {
    failure == nil && !(silent.isEmpty && unbalanced.isEmpty && (least ?? [:]).isEmpty)
  }

  /// In a few words: `works`, or what is wrong.
  package var text: String {
    if let failure { return "not checked: \(failure)" }
    var faults: [String] = []
    if !silent.isEmpty {
      faults.append("\(silent.joined(separator: ", ")): no event under '\(load)'")
    }
    if !unbalanced.isEmpty {
      faults.append("\(unbalanced.joined(separator: ", ")): starts without an end")
    }
    for (metric, least) in (least ?? [:]).sorted(by: { $0.key < $1.key })
    where !silent.contains(metric) {
      faults.append("\(metric): less than the \(least) that '\(load)' makes")
    }
    return faults.isEmpty ? "works" : faults.joined(separator: "; ")
  }
}
