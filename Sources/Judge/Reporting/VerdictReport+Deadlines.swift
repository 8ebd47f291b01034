import RegressionAnalysis

extension VerdictReport {
  /// How operations of a metric stand to a fixed limit. Shares are 0...1.
  package struct Deadline: Sendable, Equatable, Encodable {
    /// The operations of one arm, all its runs together.
    package struct Arm: Sendable, Equatable, Encodable {
      package var runs: Int
      package var operations: UInt64
      /// Operations above the limit: bounds of the number, as a bucket may hold the limit.
      package var least: UInt64
      package var most: UInt64
      /// Exact interval of the share, as if the operations were independent.
      package var lower: Double
      package var upper: Double
      /// Interval of the share with the run as the unit.
      package var runsLower: Double
      package var runsUpper: Double
      /// The longest, in ns.
      package var worst: UInt64
    }

    /// ``MetricID/text``, or the suite's pattern where no metric of it was measured.
    package var metric: String
    /// ns.
    package var limit: UInt64
    /// Share that may exceed it.
    package var allowed: Double
    package var state: DeadlineFinding.State
    package var candidate: Arm?
    package var reference: Arm?
    /// Interval of the shares' difference, candidate - reference, over runs.
    package var lower: Double?
    package var upper: Double?
    package var p: Double?
    /// Operations of the candidate that were lost or had not ended.
    package var unknown: UInt64
    package var isWaived: Bool
    /// The commonest stack of the candidate's longest operations.
    package var stack: WorstStack?
    /// In words, without the metric's name.
    package var text: String
  }
}

extension VerdictReport.Deadline {
  init(_ finding: DeadlineFinding) {
    self.init(
      metric: finding.id?.text ?? finding.deadline.text, limit: finding.deadline.limit,
      allowed: finding.deadline.allowed, state: finding.state,
      candidate: finding.candidate.map(Arm.init), reference: finding.reference.map(Arm.init),
      lower: finding.difference?.low, upper: finding.difference?.high, p: finding.p,
      unknown: finding.unknown, isWaived: finding.isWaived, stack: finding.stack, text: "")
    text = sentence(reason: finding.reason)
  }

  var isMet: Bool { state == .met }

  var isMissed: Bool { state == .missed && !isWaived }

  /// `missed` or `missed, waived`.
  var standing: String { state.rawValue + (isWaived ? ", waived" : "") }

  /// `500 us`.
  var time: String { humanTime(nanoseconds: Double(limit)) }

  /// `none` or `0.01%`.
  var allowance: String { allowed > 0 ? fineShare(allowed) : "none" }

  /// `12 of 40,000 operations took longer than 500 us (0.03%, exact interval 0.0155% … 0.0524%);
  /// none may; worst 1.20 ms; reference 0 of 40,000, worst 310 us`. Where a share may, it is the interval
  /// over runs that decides, so that it stands there as well.
  private func sentence(reason: String?) -> String {
    guard let candidate else { return "deadline of \(time) not judged: \(reason ?? "")" }
    var parts = [
      "\(candidate.count) operations took longer than \(time) (\(candidate.interval))",
      allowed > 0 ? "\(fineShare(allowed)) may" : "none may",
    ]
    if allowed > 0, candidate.runs > 1 {
      parts.append("judged by the interval over runs, \(candidate.overRuns)")
    }
    parts.append(candidate.longest)
    if let reference { parts.append("reference \(reference.count), \(reference.longest)") }
    if unknown > 0 {
      parts.append("\(counted(Int(clamping: unknown), "operation")) lost or not ended")
    }
    if let reason { parts.append("not judged: \(reason)") }
    if let stack { parts.append(stack.text) }
    return parts.joined(separator: "; ")
  }
}

extension VerdictReport.Deadline {
  /// A section of a text, each limit under what `name` calls it; empty without limits.
  static func lines(
    _ deadlines: [Self], _ width: Int, _ style: TextStyle, _ name: (Self) -> String
  ) -> [String] {
    guard !deadlines.isEmpty else { return [] }
    return [Emphasis.strong.applied(to: "Deadlines", style)]
      + deadlines.flatMap {
        wrapped("- \(name($0)): \($0.text)", width: width, indent: "  ")
      }
  }
}

extension WorstStack {
  /// Functions that a line shows: the place itself, and what led there.
  private static let shown = 5

  /// `11 of 12 stacks from 1.02 ms on: … > el1_irq > do_io > spin_lock`, the innermost function last.
  var text: String {
    let rest = frames.count > Self.shown ? "… > " : ""
    let from = least.map { " from \(humanTime(nanoseconds: Double($0))) on" } ?? ""
    return "\(humanCount(count)) of \(counted(Int(clamping: operations), "stack"))\(from): "
      + "\(rest)\(frames.suffix(Self.shown).joined(separator: " > "))"
  }
}

extension VerdictReport.Deadline.Arm {
  fileprivate init(_ arm: DeadlineFinding.Arm) {
    self.init(
      runs: arm.runs, operations: arm.operations, least: arm.least, most: arm.most,
      lower: arm.exact.low, upper: arm.exact.high, runsLower: arm.overRuns.low,
      runsUpper: arm.overRuns.high, worst: arm.worst)
  }

  /// `12 of 40,000`, or `12 to 15 of 40,000` where the limit's bucket has operations.
  var count: String {
    let hits = least == most ? humanCount(most) : "\(humanCount(least)) to \(humanCount(most))"
    return "\(hits) of \(humanCount(operations))"
  }

  /// `0.03%, exact interval 0.0155% … 0.0524%`.
  var interval: String {
    let share = operations > 0 ? Double(most) / Double(operations) : 0
    return "\(fineShare(share)), exact interval \(fineShare(lower)) … \(fineShare(upper))"
  }

  /// With the run as the unit.
  var overRuns: String { "\(fineShare(runsLower)) … \(fineShare(runsUpper))" }

  var longest: String { "worst \(humanTime(nanoseconds: Double(worst)))" }
}

extension VerdictReport {
  /// The missed limit that a reader must know first; nil where something else decided.
  var leadDeadline: Deadline? {
    guard failure == FailureCause.deadlineMissed.rawValue else { return nil }
    return deadlines?.filter(\.isMissed).max { $0.excess < $1.excess }
  }

  /// A missed limit, of a metric by this name.
  func sentence(_ deadline: Deadline, _ name: String) -> String {
    "\(name) misses its deadline on \(candidate.name): \(deadline.text)"
  }
}

extension VerdictReport.Deadline {
  fileprivate var excess: Double { (candidate?.lower ?? 0) - allowed }
}
