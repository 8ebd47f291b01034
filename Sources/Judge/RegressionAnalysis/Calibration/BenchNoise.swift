import Foundation
import RunRecords

/// How much runs of unchanged firmware differ on a bench, where that comes from, and whether the
/// bench may gate: what `latgate calibrate` publishes.
package struct BenchNoise: Codable, Sendable, Equatable {
  package static let currentSchema = "latgate.bench/1"

  package var schema: String
  package var bench: BenchIdentity
  /// Ids of the firmwares whose runs these were; each counts from its own mean.
  package var firmwares: [String]
  package var runs: Int
  /// Installations that runs name; 0 when no run does.
  package var flashes: Int
  /// Judged iterations of the median run.
  package var iterations: Int
  /// Sorted by metric and statistic.
  package var metrics: [MetricNoise]
  /// Mean correlation between metrics of what runs deviate, 0...1.
  package var commonShare: Double
  /// Ids of runs that were far off in many metrics at once.
  package var badRuns: [String]
  package var qualification: BenchQualification

  package init(
    schema: String = BenchNoise.currentSchema, bench: BenchIdentity, firmwares: [String],
    runs: Int, flashes: Int, iterations: Int, metrics: [MetricNoise], commonShare: Double,
    badRuns: [String], qualification: BenchQualification = BenchQualification()
  ) {
    self.schema = schema
    self.bench = bench
    self.firmwares = firmwares
    self.runs = runs
    self.flashes = flashes
    self.iterations = iterations
    self.metrics = metrics
    self.commonShare = commonShare
    self.badRuns = badRuns
    self.qualification = qualification
  }

  /// What verdicts on this bench start from.
  package var profile: NoiseProfile {
    NoiseProfile(
      entries: metrics.filter { $0.variance > 0 && $0.degreesOfFreedom > 0 }.map {
        NoiseEntry(
          metric: $0.metric, statistic: $0.statistic, variance: $0.variance,
          degreesOfFreedom: min($0.degreesOfFreedom, NoiseProfile.maximumDegrees))
      })
  }

  /// Sorted keys: equal calibrations are equal bytes.
  package func encoded() throws -> Data { try canonicalJSON(self) }
}

/// The noise of one statistic of one metric. Deviations are relative standard deviations.
package struct MetricNoise: Codable, Sendable, Equatable {
  /// ``MetricID/text``.
  package var metric: String
  package var statistic: Statistic
  /// Whether the metric decides verdicts.
  package var gating: Bool
  /// Runs with a value.
  package var runs: Int
  /// Behind ``variance``.
  package var degreesOfFreedom: Double
  /// Of a run's value (natural logarithm): what a noise profile holds. Freed of the means of
  /// firmwares and of a straight trend; values far out are drawn in (winsorised).
  package var variance: Double
  /// Between the iterations of a run; nil when runs have one each.
  package var withinDeviation: Double?
  /// Between runs, beyond what their iterations explain.
  package var runDeviation: Double
  /// Between flashes, beyond what runs explain; nil where runs do not name their flash, or no
  /// flash had two.
  package var flashDeviation: Double?
  /// Correlation of successive runs, -1...1, freed of the bias of short series.
  package var autocorrelation: Double
  /// Relative change from the first run to the last by the straight trend.
  package var drift: Double
  /// Two-sided p value of the trend.
  package var driftP: Double
  package var modes: ModeSplit?
  /// Smallest change that matters, as the suite says.
  package var threshold: Double
  /// What unchanged builds differ by in one of twenty experiments (``NoiseEntry/floor``).
  package var floor: Double
  /// By design, ascending.
  package var detectable: [DetectableChange]
  /// Where most of the variance comes from.
  package var source: NoiseSource

  /// Relative standard deviation of a run's value.
  package var deviation: Double { variance.squareRoot() }
}

/// The smallest worsening that a design finds with 80% power.
package struct DetectableChange: Codable, Sendable, Equatable {
  /// Runs per arm in the screen, and as many fresh ones to confirm.
  package var runs: Int
  /// Relative; nil = beyond 400%.
  package var change: Double?

  package init(runs: Int, change: Double?) {
    self.runs = runs
    self.change = change
  }
}

/// Where the noise of a metric comes from.
package enum NoiseSource: String, Codable, Sendable, Equatable, CaseIterable {
  case drift
  /// Runs fall into two groups.
  case modes = "two modes"
  case flashes
  /// Few runs that are far off in many metrics.
  case badRuns = "bad runs"
  case runs
  case iterations
}
