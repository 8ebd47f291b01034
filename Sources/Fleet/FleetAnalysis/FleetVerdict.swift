/// What a look at a campaign says. Its numbers have six significant digits and are alike whatever kept
/// the reports.
package struct FleetVerdict: Codable, Sendable, Equatable {
  package enum Outcome: String, Codable, Sendable {
    /// Slower by less than the budgets, also if all missing devices are slow.
    case promote
    /// Slower, beyond doubt.
    case stop
    /// Neither is shown yet.
    case goOn = "go-on"
    /// The comparison is no fair one.
    case guardFailed = "guard-failed"
  }

  /// A condition under which the comparison counts.
  package struct Guard: Codable, Sendable, Equatable {
    package enum Name: String, Codable, Sendable {
      /// The draw put devices into the arms in the ratio of their widths.
      case sampleRatio = "sample-ratio"
      /// Devices did not fall silent in one arm more than in the other.
      case silence
      /// Devices reported equally often.
      case reportRate = "report-rate"
      /// Both arms reported on the same days.
      case days
      /// Reports of one arm had their like in the other.
      case overlap
    }

    package var name: Name
    package var isMet: Bool
    /// What was seen.
    package var text: String
  }

  /// One quantile of one metric in one arm against the control.
  package struct Comparison: Codable, Sendable, Equatable {
    package var metric: String
    package var quantile: Double
    /// Model whose devices were compared; nil: all.
    package var model: String?
    /// Change of the candidate against the control, as a share; above 0 is slower.
    package var change: Double
    /// Bounds of the change at all looks together.
    package var low: Double
    package var high: Double
    /// The largest change that is possible if the devices that are missing are the slowest.
    package var worst: Double
    /// Evidence for a worsening, as an e-value.
    package var evidence: Double
    /// Whether devices were compared with themselves before the offer.
    package var isAdjusted: Bool
    /// Whether it is a worsening that stops the campaign.
    package var isHarm: Bool
    /// The largest worsening that a promotion allows; nil where it does not gate.
    package var budget: Double?
  }

  package var outcome: Outcome
  /// Why, most important first.
  package var reasons: [String]
  package var candidate: String
  package var control: String
  /// Hours since the offer.
  package var hours: Int
  package var guards: [Guard]
  package var comparisons: [Comparison]
  /// The share of the candidate's reports that may be missing at most, beyond what the control misses; 1 where
  /// too few devices have measured to say.
  package var missing: Double
  package var release: FleetRelease
}
