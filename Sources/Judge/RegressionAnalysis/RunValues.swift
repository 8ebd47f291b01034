import Foundation
import RunRecords

/// What each run says of each statistic: the numbers that a verdict compares, for drawing them.
package struct RunValues: Sendable {
  /// A run's place in the comparison.
  package struct Run: Sendable, Equatable {
    package var id: String
    package var isCandidate: Bool
    /// Serial number of the device.
    package var device: String
  }

  /// In the order in which they were made.
  package let runs: [Run]
  /// In the metrics' units, one for each run; nil where a run has no value.
  private let values: [MetricStatistic: [Double?]]

  /// The numbers of the same series that ``judge(_:)`` makes of the input.
  package init(_ input: VerdictInput) {
    let placed = placed(input)
    runs = placed.map {
      Run(
        id: $0.index.record.id, isCandidate: $0.isCandidate, device: $0.index.record.device.serial)
    }
    let series = SeriesBuilder(
      runs: placed, policy: input.policy, mixtures: ProbeMixture.all(in: placed)
    ).build()
    var values: [MetricStatistic: [Double?]] = [:]
    for one in series where one.refusal == nil {
      values[MetricStatistic(id: one.id, statistic: one.statistic)] = one.values.map { value in
        value.map { one.isAllZero ? 0 : exp($0) }
      }
    }
    self.values = values
  }

  /// One number for each of ``runs``; empty for a statistic that was not compared.
  package func values(of id: MetricID, _ statistic: Statistic) -> [Double?] {
    values[MetricStatistic(id: id, statistic: statistic)] ?? []
  }
}
