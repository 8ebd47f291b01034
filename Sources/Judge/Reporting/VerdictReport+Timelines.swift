import RegressionAnalysis
import RunRecords

extension VerdictReport {
  /// One covariate over the runs of a check.
  package struct Timeline: Sendable, Equatable, Encodable {
    /// As ``CovariateSummary/shown`` has it.
    package var covariate: String
    package var title: String
    package var unit: String
    /// Means of iterations, in the order in which the runs were made.
    package var runs: [Movement.Run]
  }

  /// A change over the runs that is worth a picture, as a share.
  private static let worthSeeing = 0.005

  /// Those that moved, of the ones that a text shows.
  static func timelines(_ input: VerdictInput) -> [Timeline] {
    let arms =
      input.reference.map { (record: $0, isCandidate: false) }
      + input.candidate.map { (record: $0, isCandidate: true) }
    let runs = arms.enumerated().sorted { left, right in
      let (a, b) = (left.element.record, right.element.record)
      return (a.experiment?.order ?? 0, a.created, left.offset)
        < (b.experiment?.order ?? 0, b.created, right.offset)
    }.map(\.element)
    return CovariateSummary.shown.compactMap { name, title in
      let values = runs.map { run -> Movement.Run in
        let read = CovariateSummary.all([run.record]).first { $0.name == name }
        return Movement.Run(
          isCandidate: run.isCandidate, device: run.record.device.serial,
          value: read.map { CovariateSummary.shownValue($0.mean, name) })
      }
      let known = values.compactMap(\.value)
      guard known.count > 1, let low = known.min(), let high = known.max(), low > 0,
        high / low > 1 + worthSeeing
      else { return nil }
      return Timeline(
        covariate: name, title: title, unit: CovariateSummary.unit(name), runs: values)
    }
  }
}
