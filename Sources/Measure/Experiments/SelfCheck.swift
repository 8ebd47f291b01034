import AgentSession
import Catalogs
import Devices
import RunRecords

/// Asks a loaded probe, under a small load that is known to fire it, whether its hooks do and whether
/// starts and ends balance. A function that was renamed or inlined is then no fast one.
struct SelfCheck: Sendable {
  let device: any Device
  let session: AgentClient

  /// What may be in flight when the window closes: waits of everyone, not of the load.
  private static let drain = Duration.milliseconds(200)

  /// Attaches what the session has loaded, makes the probe's load in a window, and detaches.
  ///
  /// - Returns: nil for a probe without a load.
  /// - Throws: `AgentSessionError`.
  func check(_ probe: ProbeManifest, _ loaded: ProbeLoader.Loaded) async throws -> CheckRecord? {
    guard probe.check != nil else { return nil }
    try await session.attach()
    let made = try await checkAttached(probe, loaded)
    try await session.detach()
    return made
  }

  /// The same of a session that has attached what it has loaded, and goes on with it.
  func checkAttached(
    _ probe: ProbeManifest, _ loaded: ProbeLoader.Loaded
  ) async throws -> CheckRecord? {
    guard let load = probe.check else { return nil }
    let made = try await session.run(
      AgentPhase(
        number: 1, preRoll: .milliseconds(50), drain: Self.drain,
        steps: [StepExecutor(device: device, session: session).forAgent(load)]))
    let names = loaded.metrics.filter { $0.value.probe == probe.name }
    var counted: [String: UInt64] = [:]
    var unbalanced: [String] = []
    for counters in made.counters {
      guard let name = names[counters.metricID]?.metric.name else { continue }
      counted[name] = counters.recorded
      let ended =
        counters.recorded &+ counters.overwritten &+ counters.cancelled &+ counters.censored
      if ended != counters.started { unbalanced.append(name) }
    }
    let sums = Dictionary(
      made.counts.compactMap { count in names[count.metricID].map { ($0.metric, count.sum) } }
        .map { ($0.0.name, $0.1) }, uniquingKeysWith: &+)
    let short = probe.checkLeast.filter { name, least in
      (sums[name] ?? counted[name] ?? 0) < least && counted[name] != nil
    }
    return CheckRecord(
      load: load.text, recorded: counted, unbalanced: unbalanced.sorted(),
      least: short.isEmpty ? nil : short,
      failure: made.steps.first.flatMap(Self.failure))
  }

  private static func failure(_ step: AgentStepResult) -> String? {
    switch step.ending {
    case .exited(0): return nil
    case .exited(let code): return "its load ended with \(code)"
    case .signalled(let number): return "its load was ended by signal \(number)"
    }
  }
}
