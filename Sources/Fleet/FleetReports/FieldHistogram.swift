import LatencyHistograms

/// One metric of a report: counts per bucket, without sum and largest value.
///
/// The largest value a device ever saw would distinguish it from others, and quantiles need neither.
package struct FieldHistogram: Sendable, Hashable {
  /// How a probe reached the kernel: metrics of different ways are not compared.
  package struct Attachment: Sendable, Hashable {
    package static let tierNames = ["T0", "T1", "T2"]
    package static let rungNames = [
      "", "tp_btf", "raw_tp", "tracepoint", "kprobe", "ftrace", "pinned",
    ]
    /// Index in ``tierNames``.
    package let tier: UInt8
    /// Index in ``rungNames``.
    package let rung: UInt8

    /// - Returns: nil for a tier or rung that is not listed.
    package init?(tier: UInt8, rung: UInt8) {
      guard tier < Self.tierNames.count, rung < Self.rungNames.count else { return nil }
      self.tier = tier
      self.rung = rung
    }

    package var tierName: String { Self.tierNames[Int(tier)] }
    package var rungName: String { Self.rungNames[Int(rung)] }
  }

  /// The metric's id in the campaign's manifest.
  package var metric: UInt16
  package var attachment: Attachment
  /// `name=value`; empty unless the campaign was allowed to send keys.
  package var label: String
  /// Operations whose duration is missing. Below 2^40.
  package var lost: UInt64
  /// Operations that had not ended when the window was drained. Below 2^40.
  package var censored: UInt64
  /// Ascending; counts 1..<2^40.
  package var buckets: [SparseBucket]

  /// Counts are below this.
  package static let countLimit: UInt64 = 1 << 40

  package init(
    metric: UInt16, attachment: Attachment, label: String = "", lost: UInt64 = 0,
    censored: UInt64 = 0, buckets: [SparseBucket]
  ) {
    self.metric = metric
    self.attachment = attachment
    self.label = label
    self.lost = lost
    self.censored = censored
    self.buckets = buckets
  }

  /// All events; a report has at most 528 buckets of 2^40, which fits.
  package var count: UInt64 { buckets.reduce(0) { $0 + $1.count } }
}
