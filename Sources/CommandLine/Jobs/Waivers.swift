import Foundation
import RecordStore
import RegressionAnalysis

extension Store {
  /// What is waived in a suite, and what no longer is.
  package func waivers(for suite: String, on day: Day) throws -> [MetricWaiver] {
    try waivers(suite: suite).map { waiver in
      MetricWaiver(
        id: waiver.id, pattern: waiver.metric, until: waiver.until, reason: waiver.reason,
        isExpired: waiver.until < day.description)
    }
  }
}
