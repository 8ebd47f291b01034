import RunRecords

/// A known issue: metrics that may be slower for a while without failing a firmware.
package struct MetricWaiver: Codable, Sendable, Equatable {
  /// Its number in the store.
  package var id: Int64
  /// Over ``MetricID/text``, with `*` and `?`.
  package var pattern: String
  /// Last day on which it holds, UTC, `2027-01-31`.
  package var until: String
  package var reason: String
  /// Whether that day was over when the verdict was made.
  package var isExpired: Bool

  package init(id: Int64, pattern: String, until: String, reason: String, isExpired: Bool) {
    self.id = id
    self.pattern = pattern
    self.until = until
    self.reason = reason
    self.isExpired = isExpired
  }
}

extension MetricVerdict {
  /// Whether a waiver that holds keeps this from failing the firmware.
  package var isWaived: Bool { waiver.map { !$0.isExpired } ?? false }

  /// The verdict with the waiver that applies to it: one that holds before one that expired.
  ///
  /// Only what a slower metric leads to is waived. A lost probe or invalid data fail as ever: a
  /// known slowness does not explain them.
  func waived(by waivers: [MetricWaiver]) -> MetricVerdict {
    guard gating, blocking,
      outcome == .regression || outcome == .inconclusive || outcome == .noChange
    else { return self }
    let matching = waivers.filter { glob($0.pattern, matches: id.text) }
    guard let waiver = matching.first(where: { !$0.isExpired }) ?? matching.first else {
      return self
    }
    var result = self
    result.waiver = waiver
    if !waiver.isExpired { result.blocking = false }
    return result
  }
}
