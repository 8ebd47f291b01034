import AgentSession
import Catalogs
import Devices
import PerfettoTraces

/// What the device's own perfetto can give a run, found out by a recording of a moment.
actor PerfettoSource {
  /// What a trial found.
  struct Ability: Sendable {
    /// Why an event cannot be recorded, by its `group/name`.
    var missing: [String: String]
    /// Process id of the agent, as the trace has it.
    var agent: UInt32
    var freeKiB: Int
  }

  private let device: any Device
  private let session: AgentClient
  private let metrics: FoldMetrics
  /// Every event that the run's probes could use, as `group/name`.
  private let events: [String]
  private var known: Result<Ability, PerfettoError>?

  /// Longest duration of a trial that is not ended.
  private static let trialLimit = Duration.seconds(60)
  /// Recorded in the trial because it happens all the time.
  private static let frequent = "sched/sched_switch"

  private static let undefined = "perfetto has no definition of it"

  /// Recorded beside the probes' events where it can be.
  static let frequency = "power/cpu_frequency"

  /// - Throws: `PerfettoTraceError` for tables that cannot be folded.
  init(
    device: any Device, session: AgentClient, probes: [ProbeManifest]
  ) throws(PerfettoTraceError) {
    self.device = device
    self.session = session
    metrics = try FoldMetrics(probes)
    events = metrics.events(of: Set(probes.flatMap(\.t0Metrics).map(\.name)))
  }

  /// Asks once; later answers are the first one's.
  /// - Throws: ``PerfettoError``, `DeviceError`, `AgentSessionError`, `CancellationError`.
  func ability() async throws -> Ability {
    if let known { return try known.get() }
    do {
      let found = try await trial()
      known = .success(found)
      return found
    } catch let error as PerfettoError {
      known = .failure(error)
      throw error
    }
  }

  /// Which of a probe's events are recorded, and why the others are not.
  /// - Throws: as ``ability()``; ``PerfettoError/lacking(_:)`` for a probe that needs events which
  ///   cannot be recorded.
  func events(of metrics: Set<String>) async throws -> [(event: String, missing: String?)] {
    let ability = try await ability()
    let events = self.metrics.events(of: metrics).map { event in
      (event, ability.missing[event] ?? (self.metrics.isDefined(event) ? nil : Self.undefined))
    }
    let lacking = Set(events.filter { $0.1 != nil }.map(\.0))
    guard self.metrics.impossible(metrics, without: lacking).isEmpty else {
      let reasons = events.compactMap { event, why in why.map { "\(event) (\($0))" } }
      throw PerfettoError.lacking(
        reasons.isEmpty ? ["\(events.map(\.0).joined(separator: ", ")) (a field)"] : reasons)
    }
    return events
  }

  private func trial() async throws -> Ability {
    let files = try await session.texts(of: ["/proc/self/stat", "/proc/meminfo"])
    let freeKiB = DeviceReading(files: files).freeKiB
    guard let agent = files["/proc/self/stat"]?.prefix(while: \.isNumber), let pid = UInt32(agent)
    else { throw PerfettoError.useless("the agent's process is not known") }
    let wanted = Set(events).union([Self.frequent, Self.frequency]).sorted()
    let recording = try await PerfettoRecorder(device: device).start(
      PerfettoConfig(events: wanted, limit: Self.trialLimit, freeKiB: freeKiB))
    let trace = try await recording.stop()
    let found: (facts: TraceFacts, hasEvents: Bool)
    do {
      found = try RecordingDirectory.facts(of: trace)
    } catch {
      throw PerfettoError.useless(error.description)
    }
    guard found.hasEvents else {
      throw PerfettoError.useless(
        "it has no kernel events; another tool may hold tracefs, see traced_probes' log")
    }
    guard found.facts.isBootTime else {
      throw PerfettoError.useless("its events have another clock than CLOCK_BOOTTIME")
    }
    var missing: [String: String] = [:]
    for event in found.facts.unknownEvents { missing[event] = "this kernel has no such event" }
    for event in found.facts.refusedEvents { missing[event] = "perfetto may not enable it" }
    return Ability(missing: missing, agent: pid, freeKiB: freeKiB)
  }
}
