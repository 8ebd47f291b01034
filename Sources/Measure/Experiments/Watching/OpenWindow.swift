import AgentSession
import Devices
import RunRecords

/// A window that is open, and what can be asked of its device meanwhile.
package struct OpenWindow: Sendable {
  private let phase: String
  private let device: any Device
  private let session: AgentClient
  private let loaded: ProbeLoader.Loaded
  private let resolver: LabelResolver

  init(
    phase: String, device: any Device, session: AgentClient, loaded: ProbeLoader.Loaded,
    resolver: LabelResolver
  ) {
    self.phase = phase
    self.device = device
    self.session = session
    self.loaded = loaded
    self.resolver = resolver
  }

  /// What became of the probes.
  package var probes: [ProbeRecord] { loaded.records }

  /// Names of what they measure, in the order of their names.
  package var metrics: [String] { loaded.allMetrics.map(\.name) }

  package var deviceName: String { device.name }

  package var kernelRelease: String { session.facts.kernelRelease }

  /// Why looks do not see all probes: trace events are folded when the window is closed. Nil where
  /// they do.
  package var blindness: Blindness? {
    if loaded.perfetto != nil { return .perfetto }
    return loaded.records.contains { $0.tier == .t0 } ? .trace : nil
  }

  /// Who folds only what is complete.
  package enum Blindness: Sendable, Equatable {
    case trace, perfetto
  }

  /// What its probes have so far: a look, never evidence. Its duration is that until now.
  /// - Throws: `AgentSessionError`, `DeviceError`, ``RunError``, `CancellationError`.
  package func look() async throws -> PhaseRecord {
    let result = try await session.snapshot(timeout: Self.patience)
    var record = PhaseRecord(
      name: phase, durationNs: result.window.closed &- result.window.opened, drainNs: 0)
    try record.add(result, of: loaded.metrics, resolve: resolver.name)
    return record
  }

  /// What the agent has used so far; nil where its files do not say.
  /// - Throws: as ``look()``.
  package func agentUse() async throws -> AgentUse? {
    AgentUse(files: try await session.texts(of: AgentUse.paths))
  }

  /// Has the device's own perfetto record everything that moves tasks, beside the probes.
  /// - Returns: the trace.
  /// - Throws: ``PerfettoRefusalError`` with the reason where there can be none; `DeviceError`,
  ///   `CancellationError`.
  package func perfettoTrace(for time: Duration) async throws -> [UInt8] {
    guard blindness == nil else {
      throw PerfettoRefusalError(
        reason: "the probes themselves are trace events, which it would disturb")
    }
    do {
      let recording = try await PerfettoRecorder(device: device).start(
        .forPeople(limit: time + .seconds(60), freeKiB: 0))
      do {
        try await Task.sleep(for: time)
      } catch {
        await recording.cancel()
        throw error
      }
      return try await recording.stop()
    } catch let error as PerfettoError {
      throw PerfettoRefusalError(reason: error.description)
    }
  }

  /// A device that says nothing for so long is gone.
  private static let patience = Duration.seconds(10)
}

/// Why there is no trace.
package struct PerfettoRefusalError: Error, Sendable, CustomStringConvertible {
  package var reason: String

  package var description: String { "no trace: \(reason)" }
}
