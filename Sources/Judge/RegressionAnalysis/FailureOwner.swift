/// Who has to act on an outcome that is no pass.
package enum FailureOwner: String, Codable, Sendable, Equatable, CaseIterable {
  /// The people who made the build.
  case firmware
  /// The people who run the bench: devices, hosts, suites.
  case rack
}

/// Why there is no pass.
package enum FailureCause: String, Codable, Sendable, Equatable, CaseIterable {
  /// A metric got worse, confirmed.
  case regression
  /// A gating metric has a slower mode that the reference lacks; no quantile confirms it.
  case shapeChanged
  /// More operations of the candidate exceed a fixed limit than may.
  case deadlineMissed
  /// The candidate lacks a hook that the reference has, or it died of the probe.
  case probeLost
  /// A run says itself that it must not be judged, such as after a suspend.
  case invalidRun
  /// A gating metric's data cannot be trusted, such as after too many losses.
  case invalidData
  /// The probes slow the workload down by more than allowed, or by an unknown amount.
  case overhead
  /// Probes were not attached in one way.
  case mixedProbes
  /// The device throttled, got hot, aged, or dropped more of one arm.
  case conditions
  /// A metric that no firmware can change did.
  case sentinel
  /// The bench flags more unchanged builds than it may.
  case unqualifiedBench
  /// The layout of the runs cannot prove what the suite asks for.
  case weakEvidence
  /// No gating metric has enough events.
  case nothingMeasured
  /// Too few runs, or too much noise, to show that a budget holds.
  case budgetOpen
  /// Too few runs, or operations lost, to show that a fixed limit is kept.
  case deadlineOpen
  /// No device, or it went away.
  case deviceUnavailable
  /// A gate before or between the runs failed: not settled, a step of the workload, no probe.
  case gateFailed

  /// Who has to act.
  package var owner: FailureOwner {
    switch self {
    case .regression, .shapeChanged, .deadlineMissed, .probeLost: .firmware
    case .invalidRun, .invalidData, .overhead, .mixedProbes, .conditions, .sentinel,
      .unqualifiedBench, .weakEvidence, .nothingMeasured, .budgetOpen, .deadlineOpen,
      .deviceUnavailable, .gateFailed:
      .rack
    }
  }
}

/// Something that keeps a firmware from passing, in words.
struct Trouble {
  var cause: FailureCause
  var text: String

  init(_ cause: FailureCause, _ text: String) {
    self.cause = cause
    self.text = text
  }
}

/// What decided a verdict that has its outcome; nil after a pass. Failures and doubts come most
/// important first.
func failureCause(
  of verdict: Verdict, failures: [Trouble], doubts: [Trouble]
) -> FailureCause? {
  let gating = verdict.metrics.filter(\.gating)
  switch verdict.outcome {
  case .pass: return nil
  case .regression:
    return gating.contains { $0.outcome == .regression && !$0.isWaived }
      ? .regression : .deadlineMissed
  case .failed:
    if let first = failures.first { return first.cause }
    return gating.contains { $0.outcome == .probeLost } ? .probeLost : .invalidData
  case .inconclusive:
    return doubts.first?.cause ?? .budgetOpen
  }
}
