/// How far an experiment is, for people who wait.
package struct ProgressState: Sendable, Equatable {
  /// Such as `reference` or `candidate`; empty for a single run.
  package var arm: String
  /// Such as `beyond the plan`; empty where there is nothing to say.
  package var stage: String
  /// Runs finished, and runs planned.
  package var runsDone: Int
  package var runs: Int
  /// Iterations of the current run that are finished, and planned.
  package var iterationsDone: Int
  package var iterations: Int
  /// What is being done now: a phase, or such as `booting`.
  package var activity: String
  /// Since the first run began.
  package var elapsed: Duration
  /// What all runs are expected to take; nil = not known before.
  package var expected: Duration?

  package init(
    arm: String = "", stage: String = "", runsDone: Int, runs: Int, iterationsDone: Int,
    iterations: Int, activity: String, elapsed: Duration, expected: Duration? = nil
  ) {
    self.arm = arm
    self.stage = stage
    self.runsDone = runsDone
    self.runs = runs
    self.iterationsDone = iterationsDone
    self.iterations = iterations
    self.activity = activity
    self.elapsed = elapsed
    self.expected = expected
  }

  /// Share of the work that is done, 0...1.
  package var fraction: Double {
    guard runs > 0 else { return 0 }
    let run = iterations > 0 ? Double(iterationsDone) / Double(iterations) : 0
    return min(1, max(0, (Double(runsDone) + min(1, run)) / Double(runs)))
  }

  /// Time left, whole seconds: what was expected before, and more and more what the part done took.
  /// Nil where nothing was expected and less than a twentieth is done.
  package var remaining: Duration? {
    let done = fraction
    let own = done >= 0.05 ? Double(elapsed.components.seconds) * (1 - done) / done : nil
    let before = expected.map { Double($0.components.seconds) * (1 - done) }
    let seconds: Double? =
      switch (own, before) {
      case (let own?, let before?): done * own + (1 - done) * before
      default: own ?? before
      }
    return seconds.map { .seconds(Int($0.rounded())) }
  }
}

/// Renders progress. A terminal gets one line that is written over, a log one line per change.
package enum ProgressLine {
  /// One line of at most `width` columns, without a newline or cursor movement.
  package static func bar(_ state: ProgressState, width: Int, style: TextStyle) -> String {
    let percent = "\(Int(state.fraction * 100))%"
    let head = String(repeating: " ", count: 4 - percent.count) + percent
    var parts = [place(state), oneLine(state.activity)].filter { !$0.isEmpty }
    if let remaining = state.remaining { parts.append("\(humanSpan(remaining)) left") }
    let text = parts.joined(separator: "  ")
    let cells = min(24, max(0, width - head.count - text.count - 4))
    guard cells >= 8 else { return String("\(head)  \(text)".prefix(width)) }
    let filled = Int((state.fraction * Double(cells)).rounded(.down))
    return Emphasis.good.applied(to: String(repeating: "█", count: filled), style)
      + Emphasis.dim.applied(to: String(repeating: "░", count: cells - filled), style)
      + " \(head)  \(text)"
  }

  /// One line for a log, without a newline.
  package static func log(_ state: ProgressState) -> String {
    var parts = [place(state), oneLine(state.activity), "\(Int(state.fraction * 100))% done"]
    if let remaining = state.remaining { parts.append("about \(humanSpan(remaining)) left") }
    return "latgate: " + parts.filter { !$0.isEmpty }.joined(separator: ", ")
  }

  private static func place(_ state: ProgressState) -> String {
    var parts: [String] = []
    if state.runs > 1 {
      parts.append("run \(min(state.runsDone + 1, state.runs))/\(state.runs)")
    }
    if !state.arm.isEmpty { parts.append(oneLine(state.arm)) }
    if !state.stage.isEmpty { parts.append("(\(oneLine(state.stage)))") }
    if state.iterations > 0 {
      let current = min(state.iterationsDone + 1, state.iterations)
      parts.append("iteration \(current)/\(state.iterations)")
    }
    return parts.joined(separator: " ")
  }
}
