import RegressionAnalysis
import RunRecords

extension VerdictReport {
  /// A metric of stacks that both arms have. It takes no part in the verdict.
  package struct Profile: Sendable, Equatable, Encodable {
    /// With its phase.
    package var metric: String
    package var comparison: FlameComparison

    /// A frame that differs.
    private struct Frame: Encodable {
      /// The outermost first.
      var path: [String]
      /// Shares of the whole.
      var reference: Double
      var candidate: Double
      /// Of the difference of shares.
      var lower: Double
      var upper: Double
    }

    private enum CodingKeys: String, CodingKey {
      case metric, referenceRuns, candidateRuns, compared, different
    }

    package func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(metric, forKey: .metric)
      try container.encode(comparison.referenceRuns, forKey: .referenceRuns)
      try container.encode(comparison.candidateRuns, forKey: .candidateRuns)
      try container.encode(comparison.frames.count, forKey: .compared)
      try container.encode(
        comparison.different.map { frame in
          Frame(
            path: comparison.tree.path(to: frame.node).map(\.name),
            reference: rounded(frame.reference), candidate: rounded(frame.candidate),
            lower: rounded(frame.lower), upper: rounded(frame.upper))
        }, forKey: .different)
    }
  }

  /// Profiles of a verdict, at most.
  private static let mostProfiles = 4

  static func profiles(_ input: VerdictInput) -> [Profile] {
    let old = input.reference.map(FoldedStacks.all)
    let new = input.candidate.map(FoldedStacks.all)
    let ids = Set((old + new).joined().map { MetricID(name: $0.metric, phase: $0.phase) })
    func part(_ runs: [[FoldedStacks]], _ id: MetricID) -> [FoldedStacks] {
      runs.compactMap { run in run.first { $0.metric == id.name && $0.phase == id.phase } }
    }
    return ids.sorted().prefix(mostProfiles).compactMap { id in
      FlameComparison(reference: part(old, id), candidate: part(new, id))
        .map { Profile(metric: id.text, comparison: $0) }
    }
  }
}
