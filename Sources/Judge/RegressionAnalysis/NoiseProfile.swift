import Foundation
import RunRecords

/// How much runs of unchanged firmware differ on this bench, metric by metric.
package struct NoiseProfile: Codable, Sendable, Equatable {
  /// Degrees of freedom beyond which a profile's certainty does not grow, so that it
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

  /// The profile after one more experiment.
  ///
  /// Residuals are pooled by degrees of freedom. Those beyond 2.5 standard deviations of what is
  /// known count as that much (winsorised), so that one bad boot hides no real change; a bench
  /// that has become noisier still shows, in a few experiments. Growing twice by the same
  /// experiment counts it twice: who keeps the profile keeps the experiments' ids.
  package func grown(by residuals: [MetricResiduals]) -> NoiseProfile {
    var table: [String: NoiseEntry] = [:]
    for entry in entries { table[entry.key] = entry }
    for fresh in residuals where fresh.degreesOfFreedom > 0 {
      let key = NoiseEntry.key(fresh.metric, fresh.statistic)
      let known = table[key]
      guard let variance = fresh.variance(known: known?.variance), variance > 0,
        variance.isFinite
      else { continue }
      let before = known?.degreesOfFreedom ?? 0
      let total = before + fresh.degreesOfFreedom
      table[key] = NoiseEntry(
        metric: fresh.metric, statistic: fresh.statistic,
        variance: ((known?.variance ?? 0) * before + variance * fresh.degreesOfFreedom) / total,
        degreesOfFreedom: min(total, Self.maximumDegrees))
    }
    return NoiseProfile(
      schema: schema,
      entries: table.values.sorted { ($0.metric, $0.statistic) < ($1.metric, $1.statistic) })
  }

  /// Entries as verdicts use them, by ``NoiseEntry/key(_:_:)``: few runs per metric make variances
  /// that are too large or too small by luck, so that those of one statistic are drawn together as
  /// far as they agree (Smyth 2004).
  var shrunk: [String: NoiseEntry] {
    var table: [String: NoiseEntry] = [:]
    let sound = entries.filter {
      $0.variance > 0 && $0.variance.isFinite && $0.degreesOfFreedom > 0
    }
    for (_, members) in Dictionary(grouping: sound, by: \.statistic) {
      let ensemble = VarianceModeration.Ensemble(
        members.map { ($0.variance, $0.degreesOfFreedom) })
      for entry in members {
        var entry = entry
        if let ensemble {
          let own = entry.degreesOfFreedom
          let lent = min(ensemble.degreesOfFreedom, Self.maximumDegrees)
          entry.variance = (lent * ensemble.variance + own * entry.variance) / (lent + own)
          entry.degreesOfFreedom = min(lent + own, Self.maximumDegrees)
        }
        table[entry.key] = entry
      }
    }
    return table
  }

  /// ``NoiseEntry/floor`` by ``NoiseEntry/key(_:_:)``.
  var floors: [String: Double] { shrunk.mapValues(\.floor) }
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

  /// What unchanged builds differ by in one of twenty experiments of 4 + 4 runs and 4 + 4 fresh
  /// ones, relative: no smaller change is called one.
  package var floor: Double { exp(1.96 * (variance * 2 / 8).squareRoot()) - 1 }

  var key: String { Self.key(metric, statistic) }

  static func key(_ metric: String, _ statistic: Statistic) -> String {
    metric + " " + statistic.text
  }
}
