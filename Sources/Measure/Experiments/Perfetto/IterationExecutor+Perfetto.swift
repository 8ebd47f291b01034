import AgentSession
import PerfettoTraces
import RunRecords

/// One recording around all phases of an iteration: its beginning and end, and the traffic they
/// cause, lie outside the windows.
extension IterationExecutor {
  /// For what the phases' limits do not cover, such as the traffic between them.
  private static let margin = Duration.seconds(300)

  /// Has perfetto record during `pass`, which is not made when it does not.
  /// - Returns: the trace, or why there is none.
  /// - Throws: what `pass` throws, `DeviceError`, `CancellationError`.
  func recorded(
    _ pass: () async throws -> Void,
    start: (_ limit: Duration) async throws -> PerfettoRecording
  ) async throws -> Result<[UInt8], PerfettoError> {
    do {
      let recording = try await start(passLimit)
      do {
        try await pass()
      } catch {
        await recording.cancel()
        throw error
      }
      return .success(try await recording.stop())
    } catch let error as PerfettoError {
      return .failure(error)
    }
  }

  /// The longest that the phases may take.
  private var passLimit: Duration {
    request.workload.phases.reduce(Self.margin) { limit, phase in
      phase.steps.reduce(limit + phase.preroll + (phase.drain ?? request.suite.limits.drain)) {
        $0 + $1.timeout
      }
    }
  }

  /// Adds what a trace has of each window.
  /// - Returns: why it does not count; nil when it does.
  /// - Throws: ``RunError/badKey(probe:metric:bytes:expected:)``.
  func add(
    _ trace: [UInt8], of perfetto: PerfettoPlan, by windows: [AgentWindow],
    to record: inout IterationRecord
  ) throws -> String? {
    let moments = zip(request.workload.phases, windows).map { phase, window in
      RecordingDirectory.Window(
        window, preRoll: phase.preroll, drain: phase.drain ?? request.suite.limits.drain)
    }
    let folded: FoldedRecording
    do {
      folded = try perfetto.fold(trace, windows: moments)
    } catch {
      return error.description
    }
    var frequencies = FrequencyTally()
    for (position, window) in folded.windows.enumerated() {
      window.frequencies.forEach { frequencies.add($0) }
      try perfetto.add(window, to: &record.phases[position], resolver: resolver)
    }
    record.covariates.merge(frequencies.covariates) { _, new in new }
    if frequencies.covariates.isEmpty {
      record.notes["cpu_frequency"] =
        "unsupported: "
        + (perfetto.ability.missing[PerfettoSource.frequency]
          ?? "no CPU reported its frequency by an event")
    }
    return folded.faults.isEmpty ? nil : folded.faults.joined(separator: "; ")
  }
}
