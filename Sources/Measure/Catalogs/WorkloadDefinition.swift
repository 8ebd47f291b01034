/// What `targets/workloads/<name>.yaml` says: a script of phases, by fixed operation counts.
package struct WorkloadDefinition: Sendable, Equatable {
  /// The page cache at the start of each iteration.
  package enum Cache: String, Sendable, CaseIterable {
    /// Dropped before each iteration.
    case cold
    /// Left as the warm-up iterations made it.
    case warm
  }

  package var name: String
  package var description: String
  package var cache: Cache
  /// Iterations made first and not judged; a suite may ask for another number.
  package var warmup: Int
  /// Made once per run, before the first iteration.
  package var setup: [WorkloadStep]
  /// 1-255, each in its own window.
  package var phases: [WorkloadPhase]
  /// Made once per run, also when an iteration failed.
  package var teardown: [WorkloadStep]
  /// Path of the file it was read from.
  package var file: String
}

/// A named part of a workload.
package struct WorkloadPhase: Sendable, Equatable {
  package var name: String
  package var description: String
  package var steps: [WorkloadStep]
  /// How long starts are stamped before the window opens.
  package var preroll: Duration
  /// Longest wait for operations in flight after the window closed; nil = the suite's.
  package var drain: Duration?

  /// Whether the agent alone can make the phase, without the host in between.
  package var isOnDevice: Bool {
    steps.allSatisfy { step in
      if case .host = step.action { return false }
      return true
    }
  }
}

/// One step of a phase, of setup or of teardown.
package struct WorkloadStep: Sendable, Equatable {
  /// What a step does.
  package enum Action: Sendable, Equatable {
    /// Starts a program on the device; the words of its command line.
    case run([String])
    /// A command line for the host's shell.
    case host(String)
    case sleep(Duration)
  }

  package var action: Action
  /// After which the step, and with it the run, has failed.
  package var timeout: Duration
  /// Numbers to read from its standard output.
  package var scalars: [ScalarDefinition]
  /// As the user wrote it, for messages and records.
  package var text: String
}

/// A number in a step's output that is judged like any metric.
package struct ScalarDefinition: Sendable, Equatable {
  /// Which direction is good.
  package enum Better: String, Sendable, CaseIterable {
    case lower, higher
  }

  package var metric: String
  package var unit: String
  /// A regular expression with one capture: the number.
  package var pattern: String
  package var better: Better

  /// The number in `output`: the last match counts, since tools end with their summary.
  ///
  /// - Returns: nil when nothing matches, or what matches is no finite number.
  package func value(in output: String) -> Double? {
    guard let regex = try? Regex(pattern).anchorsMatchLineEndings(),
      let last = output.matches(of: regex).last, last.output.count == 2,
      let text = last.output[1].substring, let value = Double(text), value.isFinite
    else { return nil }
    return value
  }
}
