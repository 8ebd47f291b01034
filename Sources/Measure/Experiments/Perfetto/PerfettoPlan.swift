import AgentSession
import Catalogs
import Devices
import PerfettoTraces
import ProbePrograms
import RunRecords

/// The probes of a run that perfetto records for: one session an iteration, around all phases.
struct PerfettoPlan: Sendable {
  let device: any Device
  let ability: PerfettoSource.Ability
  /// Names of probes, in the order of loading.
  private(set) var probes: [String] = []
  /// By name.
  private(set) var metrics: [String: ProbeMetric] = [:]
  private var events: Set<String> = []

  init(device: any Device, ability: PerfettoSource.Ability) {
    self.device = device
    self.ability = ability
    if ability.missing[PerfettoSource.frequency] == nil { events.insert(PerfettoSource.frequency) }
  }

  mutating func add(_ probe: ProbeManifest, events: [String]) {
    probes.append(probe.name)
    for metric in probe.t0Metrics { metrics[metric.name] = metric }
    self.events.formUnion(events)
  }

  /// Begins an iteration's recording, which ends by itself after `limit`.
  /// - Throws: ``PerfettoError``, `DeviceError`, `CancellationError`.
  func start(_ limit: Duration) async throws -> PerfettoRecording {
    try await PerfettoRecorder(device: device).start(
      PerfettoConfig(events: events.sorted(), limit: limit, freeKiB: ability.freeKiB))
  }

  /// Folds a trace by the windows of an iteration.
  /// - Throws: ``PerfettoError``.
  func fold(
    _ trace: [UInt8], windows: [RecordingDirectory.Window]
  ) throws(PerfettoError) -> FoldedRecording {
    do {
      return try RecordingDirectory(
        windows: windows, metrics: Set(metrics.keys),
        declarations: metrics.values.compactMap { SpanDeclaration($0)?.bytes },
        agent: ability.agent
      ).fold(trace)
    } catch {
      throw .useless(error.description)
    }
  }

  /// Adds what a window gave to its phase.
  /// - Throws: ``RunError/badKey(probe:metric:bytes:expected:)``.
  func add(
    _ window: FoldedRecording.Window, to phase: inout PhaseRecord, resolver: LabelResolver
  ) throws {
    for folded in window.metrics {
      guard let metric = metrics[folded.name] else { continue }
      if let size = phase.add(folded, of: metric, resolve: resolver.name) {
        throw RunError.badKey(
          probe: MetricID.probe(ofMetric: folded.name), metric: folded.name, bytes: size,
          expected: metric.keySize)
      }
    }
    phase.sortResults()
  }
}

extension PhaseRecord {
  /// Adds a metric that was folded on the host.
  ///
  /// - Returns: bytes of a key that is not the manifest's; nil when all are.
  package mutating func add(
    _ folded: FoldedMetric, of metric: ProbeMetric, resolve: Resolve
  ) -> Int? {
    losses.append(LossRecord(folded))
    add(rows: folded.rows, recorded: folded.counters.recorded, of: metric, resolve: resolve)
    var wrong: Int?
    for label in folded.labels {
      let value: KeyedResult.Value =
        switch label.value {
        case .histogram(let histogram): .init(histogram)
        case .counter(let count, let sum): .counter(count: count, sum: sum)
        }
      let result = KeyedResult(key: label.key, name: label.name, value: value)
      if !add(result, of: metric, resolve: resolve) { wrong = label.key.count }
    }
    return wrong
  }
}

extension RecordingDirectory.Window {
  /// `window` is the agent's, by CLOCK_MONOTONIC.
  init(_ window: AgentWindow, preRoll: Duration, drain: Duration) {
    let opened = window.opened &+ window.bootOffsetBefore
    let closed = window.closed &+ window.bootOffsetBefore
    self.init(
      arm: opened - min(opened, preRoll.nanoseconds), opened: opened, closed: closed,
      until: closed + max(drain.nanoseconds, 1))
  }
}

extension Duration {
  /// 0 for negative ones; far below what 64 bits hold.
  fileprivate var nanoseconds: UInt64 {
    UInt64(clamping: Int64(self / .nanoseconds(1)))
  }
}

extension LossRecord {
  /// Of a metric that was folded on the host.
  fileprivate init(_ metric: FoldedMetric) {
    let counters = metric.counters
    self.init(
      metric: metric.name, started: counters.started, recorded: counters.recorded,
      overwritten: counters.overwritten, cancelled: counters.cancelled,
      beforeWindow: counters.beforeWindow, afterWindow: counters.afterWindow,
      noStart: counters.noStart, mapFull: counters.mapFull, clamped: counters.clamped,
      excluded: counters.excluded, negative: counters.negative, censored: counters.censored,
      censoredAgeSumNs: counters.censoredAgeSumNs)
  }
}
