import RunRecords

/// How a metric's operations stand to a fixed limit.
package struct DeadlineFinding: Codable, Sendable, Equatable {
  /// What the runs of the candidate show; ascending, from what a reader has to know first.
  package enum State: String, Codable, Sendable, Equatable, CaseIterable, Comparable {
    /// More exceed it than allowed, for sure.
    case missed
    /// More runs are needed, or operations that were lost may have exceeded it.
    case open
    /// No operation could be judged.
    case unmeasured
    /// No more exceed it than allowed.
    case met

    package static func < (left: State, right: State) -> Bool {
      (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
    }
  }

  /// The operations of one arm, all its runs together.
  package struct Arm: Codable, Sendable, Equatable {
    package var runs: Int
    package var operations: UInt64
    /// Operations above the limit: bounds of the number, as a bucket may hold the limit.
    package var least: UInt64
    package var most: UInt64
    /// Exact interval of the share (Clopper and Pearson), as if the operations were independent:
    /// from the lower end of ``least`` to the upper end of ``most``.
    package var exact: ChangeInterval
    /// The same with the run as the unit (Korn and Graubard): what is judged.
    package var overRuns: ChangeInterval
    /// The longest, in ns.
    package var worst: UInt64

    /// Share of operations above the limit, the bucket that holds it counted in.
    package var share: Double { operations > 0 ? Double(most) / Double(operations) : 0 }
  }

  /// Nil for a deadline whose metrics had no operation in the candidate.
  package var id: MetricID?
  package var deadline: MetricDeadline
  package var state: State
  package var candidate: Arm?
  /// Nil where it has no operation.
  package var reference: Arm?
  /// Of the shares' difference, candidate - reference, over runs; nil with fewer than two runs.
  package var difference: ChangeInterval?
  /// Two-sided, of the difference.
  package var p: Double?
  /// Operations of the candidate, of any label, that were lost or had not ended.
  package var unknown: UInt64
  /// Whether a waiver that holds keeps it from failing the firmware.
  package var isWaived = false
  /// Where the code was in the candidate's longest operations; nil where no stacks were recorded.
  package var stack: WorstStack?
  /// Why it is not judged; nil where it is.
  package var reason: String?

  /// `timer.lateness@cycle: 12 of 40000 operations (0.03%) exceeded the deadline, 0.01% are allowed`.
  package var text: String {
    let name = id?.text ?? deadline.text
    guard let candidate else { return "\(name): deadline not judged: \(reason ?? "no operation")" }
    let allowed = deadline.allowed > 0 ? percent(deadline.allowed) + " are" : "none is"
    return "\(name): \(count(candidate)) of \(candidate.operations) operations "
      + "(\(percent(candidate.share))) exceeded the deadline, \(allowed) allowed" + remark
  }

  private func count(_ arm: Arm) -> String {
    arm.least == arm.most ? "\(arm.most)" : "\(arm.least) to \(arm.most)"
  }

  private var remark: String {
    switch state {
    case .met, .missed: ""
    case .open:
      unknown > 0 && deadline.allowed == 0
        ? "; \(unknown) were lost or had not ended, and may have done so"
        : "; up to \(percent(candidate?.overRuns.high ?? 1)) may, by the scatter between runs"
    case .unmeasured: reason.map { "; not judged: \($0)" } ?? ""
    }
  }
}
