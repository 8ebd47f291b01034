import Foundation
import RunRecords

/// The runs that one verdict is made from.
package struct VerdictInput: Sendable {
  package var reference: [RunRecord]
  package var candidate: [RunRecord]
  package var policy: VerdictPolicy
  /// The bench's noise from runs of unchanged firmware; nil = learn it from these runs alone.
  package var profile: NoiseProfile?
  /// Known issues that do not fail a firmware.
  package var waivers: [MetricWaiver] = []
  /// Why the bench should not judge, where the user wants a verdict all the same: it is weak then.
  package var benchCaveat: String?

  package init(
    reference: [RunRecord], candidate: [RunRecord], policy: VerdictPolicy = VerdictPolicy(),
    profile: NoiseProfile? = nil
  ) {
    self.reference = reference
    self.candidate = candidate
    self.policy = policy
    self.profile = profile
  }
}

/// Why no verdict can be made from the records given.
package enum VerdictError: Error, Sendable, Equatable {
  /// An arm without records.
  case noRuns(arm: String)
  /// One record given twice.
  case duplicateRecord(id: String)
  /// Records that cannot be in one experiment.
  case mixed(field: String, values: [String])
  /// A record that says it belongs to the other arm.
  case wrongArm(id: String, isIn: String)
}

extension VerdictError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .noRuns(let arm):
      "no \(arm) runs: a verdict compares runs of two firmwares"
    case .duplicateRecord(let id):
      "record \(id) is given twice: a run counts once"
    case .mixed(let field, let values):
      "records differ in \(field) (\(values.joined(separator: ", "))): compare like with like"
    case .wrongArm(let id, let arm):
      "record \(id) is given as \(arm) but says it is the other arm: swap the arguments"
    }
  }
}

/// What the comparison says.
package struct Verdict: Codable, Sendable, Equatable {
  /// The answer for the whole firmware.
  package enum Outcome: String, Codable, Sendable, Equatable, CaseIterable {
    case pass
    case regression
    case inconclusive
    /// A gate failed: a probe lost, invalid data, overhead.
    case failed
  }

  /// Schema of the verdict's JSON.
  package var schema: String
  package var outcome: Outcome
  /// Whether more runs may change the outcome.
  package var continuation: Continuation
  package var grade: EvidenceGrade
  /// What holds for the whole verdict rather than one metric, one sentence each.
  package var reasons: [String]
  /// Probes that did not load everywhere.
  package var probes: [ProbeFinding]
  /// Ordered by ``MetricID``, then statistic.
  package var metrics: [MetricVerdict]
  package var counts: VerdictCounts
  package var runs: RunCounts
  /// What of the gating metrics was measured.
  package var measured = MeasuredCounts()
  /// Gating comparisons that share the level of this look.
  package var comparisons: Int
  /// How much noisier than the profile the bench was; 1 = as the profile says.
  package var noiseFactor: Double
  /// How operations stand to the policy's fixed limits; nil where it has none.
  package var deadlines: [DeadlineFinding]?
  /// The reason that decided the outcome, where it was not a metric.
  package var cause: String?
  /// Conditions of the bench that every run records, alike or not.
  package var conditions: [ConditionFinding]
  /// Statistics that the screen flagged, by direction.
  package var flags: FlagBalance
  /// What decided the outcome, and who has to act; nil after a pass.
  package var failure: FailureCause?
  package var owner: FailureOwner?

  package init(
    schema: String = "latgate.verdict/2", outcome: Outcome, continuation: Continuation,
    grade: EvidenceGrade, reasons: [String], probes: [ProbeFinding],
    metrics: [MetricVerdict], counts: VerdictCounts, runs: RunCounts, comparisons: Int,
    noiseFactor: Double, cause: String? = nil, conditions: [ConditionFinding] = [],
    flags: FlagBalance = FlagBalance()
  ) {
    self.schema = schema
    self.outcome = outcome
    self.continuation = continuation
    self.grade = grade
    self.reasons = reasons
    self.probes = probes
    self.metrics = metrics
    self.counts = counts
    self.runs = runs
    self.comparisons = comparisons
    self.noiseFactor = noiseFactor
    self.cause = cause
    self.conditions = conditions
    self.flags = flags
  }

  /// The process exit code of the outcome: 0 pass, 1 regression, 2 inconclusive, 3 failed.
  package var exitCode: Int32 {
    switch outcome {
    case .pass: 0
    case .regression: 1
    case .inconclusive: 2
    case .failed: 3
    }
  }

  /// JSON with sorted keys: equal verdicts are equal bytes.
  package func encoded() throws -> Data { try canonicalJSON(self) }
}

/// Runs that counted, per arm.
package struct RunCounts: Codable, Sendable, Equatable {
  package var reference: Int
  package var candidate: Int

  package init(reference: Int, candidate: Int) {
    self.reference = reference
    self.candidate = candidate
  }
}

/// Metric verdicts by outcome.
package struct VerdictCounts: Codable, Sendable, Equatable {
  package var regression: Int
  package var improvement: Int
  package var noChange: Int
  package var inconclusive: Int
  package var probeLost: Int
  package var invalid: Int
  package var notMeasurable: Int

  package init(
    regression: Int = 0, improvement: Int = 0, noChange: Int = 0, inconclusive: Int = 0,
    probeLost: Int = 0, invalid: Int = 0, notMeasurable: Int = 0
  ) {
    self.regression = regression
    self.improvement = improvement
    self.noChange = noChange
    self.inconclusive = inconclusive
    self.probeLost = probeLost
    self.invalid = invalid
    self.notMeasurable = notMeasurable
  }
}

/// A probe that did not load in every run.
package struct ProbeFinding: Codable, Sendable, Equatable {
  package var probe: String
  /// The worst status seen.
  package var status: ProbeRecord.Status
  /// `reference`, `candidate` or `both`.
  package var arm: String
  package var reason: String

  package init(
    probe: String, status: ProbeRecord.Status, arm: String, reason: String
  ) {
    self.probe = probe
    self.status = status
    self.arm = arm
    self.reason = reason
  }
}
