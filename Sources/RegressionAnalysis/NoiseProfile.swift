import Foundation
import RunRecords

/// How much runs of unchanged firmware differ on this bench, metric by metric.
package struct NoiseProfile: Codable, Sendable, Equatable {
  /// Degrees of freedom beyond which a profile stops getting more certain of itself, so that it
  /// can follow a bench that changes.
  package static let maximumDegrees = 60.0

  package var schema: String
  /// Sorted by metric and statistic.
  package var entries: [NoiseEntry]

  package init(
    schema: String = NoiseProfile.currentSchema, entries: [NoiseEntry] = []
  ) {
    self.schema = schema
    self.entries = entries
  }

  /// The entry for a metric; nil if the bench never saw it.
  package func entry(metric: String, statistic: Statistic) -> NoiseEntry? {
    entries.first { $0.metric == metric && $0.statistic == statistic }
  }

  /// The profile after one more gate run.
  ///
  /// Residual variances are pooled by degrees of freedom; a residual beyond 4 times what is known
  /// counts as 4 times, so that one bad boot does not blind the bench.
  package func absorbing(_ verdict: Verdict) -> NoiseProfile {
    var table: [String: NoiseEntry] = [:]
    for entry in entries { table[entry.key] = entry }
    for metric in verdict.metrics {
      guard let variance = metric.runVariance, let degrees = metric.degreesOfFreedom,
        variance > 0, variance.isFinite, degrees > 0
      else { continue }
      let fresh = NoiseEntry(
        metric: metric.id.text, statistic: metric.statistic, variance: variance,
        degreesOfFreedom: degrees)
      guard let known = table[fresh.key] else {
        table[fresh.key] = fresh
        continue
      }
      let capped = min(variance, 4 * known.variance)
      let total = known.degreesOfFreedom + degrees
      table[fresh.key] = NoiseEntry(
        metric: known.metric, statistic: known.statistic,
        variance: (known.variance * known.degreesOfFreedom + capped * degrees) / total,
        degreesOfFreedom: min(total, Self.maximumDegrees))
    }
    return NoiseProfile(
      schema: schema,
      entries: table.values.sorted { ($0.metric, $0.statistic) < ($1.metric, $1.statistic) })
  }
}

/// The variance between runs of one statistic of one metric.
package struct NoiseEntry: Codable, Sendable, Equatable {
  /// ``MetricID/text``.
  package var metric: String
  package var statistic: Statistic
  /// Of the natural logarithm, between runs.
  package var variance: Double
  package var degreesOfFreedom: Double

  package init(
    metric: String, statistic: Statistic, variance: Double, degreesOfFreedom: Double
  ) {
    self.metric = metric
    self.statistic = statistic
    self.variance = variance
    self.degreesOfFreedom = degreesOfFreedom
  }

  fileprivate var key: String { metric + " " + statistic.text }
}
