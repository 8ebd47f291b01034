import Experiments
import Reporting
import RunRecords
import Synchronization

/// Progress of an experiment or a single run on the terminal, or as lines in a log.
package final class RunDisplay: Sendable {
  /// What is known of the work under way.
  private struct State: Sendable {
    var finished = 0
    var planned: Int
    var stage = ""
    var lanes: [Int: RunProgress] = [:]
    var arms: [Int: String] = [:]
    var lastLine = ""
    var hasOpenLine = false
    var isSilent = false
  }

  private let console: Console
  private let begun = ContinuousClock.now
  /// Runs that were there before, and what all of them are expected to take.
  private let made: Int
  private let expected: Duration?
  private let state: Mutex<State>

  /// A display for an experiment, or for one run.
  /// - Parameters:
  ///   - console: where it is shown.
  ///   - runs: planned ones, those made before included.
  ///   - made: before.
  ///   - expected: time of all planned runs; nil = not known.
  package init(console: Console, runs: Int, made: Int = 0, expected: Duration? = nil) {
    self.console = console
    self.made = made
    self.expected = expected.map { $0 * Double(max(0, runs - made)) / Double(max(1, runs)) }
    self.state = Mutex(State(planned: max(1, runs - made)))
  }

  /// A run begins; one beyond the planned ones is one more to wait for.
  package func starting(order: Int, arm: String, isBeyondPlan: Bool = false) {
    update { state in
      if isBeyondPlan {
        state.stage = "beyond the plan"
        let underWay = state.lanes.keys.count { $0 != order } + 1
        state.planned = max(state.planned, state.finished + underWay)
      }
      state.arms[order] = arm
      state.lanes[order] = RunProgress(activity: "starting", iteration: 0, iterations: 0)
    }
  }

  package func progress(order: Int, _ progress: RunProgress) {
    if let note = progress.note { line(note) }
    update { $0.lanes[order] = progress }
  }

  package func finished(order: Int) {
    update { state in
      state.finished += 1
      state.lanes[order] = nil
      state.arms[order] = nil
    }
  }

  /// A line that stays, above the bar.
  package func line(_ text: String) {
    state.withLock { state in
      if state.isSilent { return }
      if state.hasOpenLine { console.transient("") }
      state.hasOpenLine = false
      console.note(text)
    }
  }

  /// Takes the bar away and shows nothing any more: a screen has the terminal.
  package func silence() {
    end()
    state.withLock { $0.isSilent = true }
  }

  /// Takes the bar away.
  package func end() {
    state.withLock { state in
      if state.hasOpenLine { console.transient("") }
      state.hasOpenLine = false
    }
  }

  private func update(_ change: (inout State) -> Void) {
    state.withLock { state in
      change(&state)
      if state.isSilent { return }
      let shown = render(state)
      if console.progressIsTerminal {
        console.transient(
          ProgressLine.bar(shown, width: console.progressWidth - 1, style: console.errorStyle))
        state.hasOpenLine = true
        return
      }
      // A log gets a line per run, not one per iteration.
      let key = "\(shown.stage)/\(shown.runsDone)"
      if key != state.lastLine {
        state.lastLine = key
        console.note(ProgressLine.log(shown))
      }
    }
  }

  private func render(_ state: State) -> ProgressState {
    let current = state.lanes.min { $0.key < $1.key }
    return ProgressState(
      arm: state.arms.sorted { $0.key < $1.key }.map(\.value).joined(separator: " + "),
      stage: state.stage, runsDone: state.finished, runs: state.planned,
      iterationsDone: current?.value.iteration ?? 0, iterations: current?.value.iterations ?? 0,
      activity: current?.value.activity ?? "between runs", elapsed: ContinuousClock.now - begun,
      expected: expected)
  }
}
