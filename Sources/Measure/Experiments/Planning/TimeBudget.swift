/// The time that an experiment may take, and how long its runs took so far.
package struct TimeBudget: Sendable, Equatable {
  /// For all runs together.
  package var limit: Duration
  /// The longest that runs made at the same time are expected to take.
  private var longest: Duration
  private var spent: Duration

  /// - Parameters:
  ///   - limit: for all runs together.
  ///   - expected: time of one run; zero when nothing is known.
  ///   - spent: by runs made before, of an experiment that is resumed.
  package init(limit: Duration, expected: Duration = .zero, spent: Duration = .zero) {
    self.limit = limit
    self.longest = expected
    self.spent = spent
  }

  /// Whether there is time for more runs. The first are made in any case: without them there is
  /// nothing to estimate their duration from.
  package var allowsMore: Bool { spent == .zero || spent + longest <= limit }

  /// Takes note of runs that were made at the same time.
  package mutating func took(_ duration: Duration) {
    spent += duration
    // One slow boot must not end the experiment, nor may an estimate that was too low extend it.
    longest = max(duration, (longest + duration) / 2)
  }
}
