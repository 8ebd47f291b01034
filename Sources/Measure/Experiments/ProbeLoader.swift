import AgentSession
import Catalogs
import Foundation
import KernelEvents
import KernelTypes
import ProbeBuild
import ProbePrograms
import RunRecords

/// The capability gate: brings every probe of a suite onto the device, in the best tier that
/// works, and reports the outcome of each.
struct ProbeLoader: Sendable {
  let probes: [ProbeManifest]
  let bundle: ProbeBundle
  /// The only tier that may be used; nil = the best that works.
  let tier: Tier?
  let gate: SafetyGate
  /// Whose operations they measure; nil = everyone's.
  let scope: RunScope?
  /// Types of the kernel on the device; nil = the kernel's own.
  let btfPath: String?
  /// Whether perfetto records the run for people.
  let isRecorded: Bool
  /// Those of the greeting, and what the canary showed of `bpf`.
  let features: [AgentFeature]
  /// What the device's own perfetto can do, asked when it is needed.
  let perfetto: PerfettoSource

  /// A metric as the agent numbers it.
  struct Metric: Sendable, Equatable {
    var probe: String
    var metric: ProbeMetric
  }

  /// What is on the device now.
  struct Loaded: Sendable {
    var records: [ProbeRecord] = []
    /// By the id that the agent repeats.
    var metrics: [UInt32: Metric] = [:]
    /// Those of other tools' objects, which know no window.
    var foreign: [ForeignWindow.Probe] = []
    /// Those that perfetto records for, which the agent knows nothing of.
    var perfetto: PerfettoPlan?

    var isEmpty: Bool { metrics.isEmpty && perfetto == nil && foreign.isEmpty }

    /// In the order of their names.
    var allMetrics: [ProbeMetric] {
      (metrics.values.map(\.metric) + (perfetto?.metrics.values.map(\.self) ?? [])
        + foreign.flatMap(\.metrics))
        .sorted { $0.name < $1.name }
    }

    /// Why a further probe cannot take a route: of the two that trace, a run uses one.
    func obstacle(to route: Route) -> TierPlan.PassedOver? {
      let isTraced = records.contains { $0.tier == .t0 }
      switch route {
      case .t0 where perfetto != nil:
        return .init(route: route, reason: "perfetto records for other probes of this run")
      case .perfetto where isTraced && perfetto == nil:
        return .init(route: route, reason: "the agent traces for other probes of this run")
      default: return nil
      }
    }

    /// Names of those that the agent has.
    var inAgent: [String] {
      records.filter { $0.status == .loaded }.map(\.name)
        .filter { perfetto?.probes.contains($0) != true }
    }
  }

  /// Loads the canary first.
  init(
    probes: [ProbeManifest], bundle: ProbeBundle, tier: Tier?, gate: SafetyGate,
    scope: RunScope? = nil, btfPath: String? = nil, isRecorded: Bool = false
  ) async throws {
    self.probes = probes
    self.bundle = bundle
    self.tier = tier
    self.gate = gate
    self.scope = scope
    self.btfPath = btfPath
    self.isRecorded = isRecorded
    perfetto = try PerfettoSource(device: gate.device, session: gate.session, probes: probes)
    // A tier that loads nothing needs no canary.
    let loads = tier == nil || tier == .t2
    let greeting = gate.session.facts.features
    features =
      loads ? greeting.filter { $0.name != "bpf" } + [try await gate.canary()] : greeting
  }

  /// - Throws: ``RunError``, ``LoadCrashError``, `StoreError`; `AgentSessionError` for anything but a
  ///   probe that does not fit.
  func load() async throws -> Loaded {
    var loaded = Loaded()
    for probe in probes {
      try await load(probe, &loaded)
    }
    guard !loaded.isEmpty else {
      throw RunError.noProbe(
        device: gate.device.name,
        reasons: loaded.records.map { "\($0.name): \($0.reason ?? "")" })
    }
    return loaded
  }

  /// Tries one probe route by route.
  func load(_ probe: ProbeManifest, _ loaded: inout Loaded) async throws {
    let plan = TierPlan(
      probe: probe, features: features, choice: tier, scope: scope,
      hasExternalBTF: btfPath != nil)
    var failures = plan.passedOver
    var isTaken = false
    // The agent's own tracing would keep perfetto off.
    for route in plan.candidates where !(isRecorded && route == .t0) {
      if let obstacle = loaded.obstacle(to: route) {
        failures.append(obstacle)
        continue
      }
      do {
        if route == .perfetto, isTaken,
          try await PerfettoService.state(of: gate.device).recording == 0
        {
          throw PerfettoError.otherTool
        }
        let hooks = try await attempt(route, probe, &loaded)
        loaded.records.append(
          ProbeRecord(
            name: probe.name, status: .loaded, tier: route.tier, hooks: hooks,
            reason: Self.reason(failures, above: route),
            unsupported: Self.unsupported(probe, hooks)))
        return
      } catch AgentSessionError.refused(let refusal) {
        if route == .t0 { isTaken = refusal.code == .busy }
        failures.append(TierPlan.PassedOver(route: route, reason: try reason(refusal, probe)))
      } catch let error as MissingFieldError {
        failures.append(TierPlan.PassedOver(route: route, reason: error.reason))
      } catch let error as PerfettoError {
        failures.append(TierPlan.PassedOver(route: route, reason: error.description))
      } catch let quarantined as QuarantineError {
        // No other tier in its place: the arms would then be measured in different ways.
        loaded.records.append(
          ProbeRecord(
            name: probe.name, status: .quarantined, reason: quarantined.event.sentence))
        return
      }
    }
    loaded.records.append(
      ProbeRecord(
        name: probe.name, status: .unsupported, reason: Self.reason(failures, above: nil)))
  }

  private func attempt(
    _ route: Route, _ probe: ProbeManifest, _ loaded: inout Loaded
  ) async throws -> [HookRecord] {
    switch route {
    case .t2: try await load(probe, &loaded, object(of: probe))
    case .t1: try await inAgent(probe, probe.metrics, &loaded) { try await takePinned(probe, $0) }
    case .t0: try await inAgent(probe, probe.t0Metrics, &loaded) { try await trace(probe, $0) }
    case .perfetto: try await record(probe, &loaded)
    }
  }

  private typealias Numbered = [(id: UInt32, metric: ProbeMetric)]

  /// Numbers a probe's metrics for the agent, which `load` brings it into.
  private func inAgent(
    _ probe: ProbeManifest, _ metrics: [ProbeMetric], _ loaded: inout Loaded,
    _ load: (Numbered) async throws -> [AgentHook]
  ) async throws -> [HookRecord] {
    let first = UInt32(loaded.metrics.count) + 1
    let numbered = metrics.enumerated().map { (id: first + UInt32($0.offset), metric: $0.element) }
    let hooks = try await load(numbered)
    for (id, metric) in numbered { loaded.metrics[id] = Metric(probe: probe.name, metric: metric) }
    return hooks.map(HookRecord.init)
  }

  /// By prepared programs where its object is one of them.
  private func load(
    _ probe: ProbeManifest, _ loaded: inout Loaded, _ object: Object
  ) async throws -> [HookRecord] {
    if let settings = probe.foreignSettings {
      return try await load(probe, &loaded, object, settings)
    }
    guard let template = SpanTemplate(probe), SpanTemplate.isPrepared(object.bytes) else {
      return try await inAgent(probe, probe.metrics, &loaded) { try await load(probe, object, $0) }
    }
    return try await inAgent(probe, [template.metric], &loaded) {
      try await load(template, probe, object, $0)
    }
  }

  private typealias Object = (artifact: BuildArtifact, bytes: [UInt8])

  private func object(of probe: ProbeManifest) throws -> Object {
    guard let object = bundle.objects[probe.name] else {
      throw RunError.badObject(probe: probe.name, path: "", reason: "it was not built")
    }
    return (object, Array(try Data(contentsOf: URL(fileURLWithPath: object.path))))
  }

  private func load(
    _ probe: ProbeManifest, _ object: Object, _ metrics: Numbered
  ) async throws -> [AgentHook] {
    try await gate.guarded(probe: probe.name, content: object.artifact.hash) {
      try await gate.session.load(
        AgentProbe(
          name: probe.name, object: object.bytes, metrics: metrics.map(AgentMetric.init),
          btfPath: btfPath),
        timeout: SafetyGate.loadLimit)
    }
  }

  /// Loads another tool's object as that would.
  private func load(
    _ probe: ProbeManifest, _ loaded: inout Loaded, _ object: Object, _ settings: [String: UInt64]
  ) async throws -> [HookRecord] {
    let foreign = try ForeignObject(object.bytes, name: probe.objectPath ?? probe.name)
    let hasBTF = features.contains { $0.name == "btf" && $0.state == .yes }
    let request = AgentProbe(
      name: probe.name, object: try foreign.setting(settings), metrics: [], btfPath: btfPath,
      programs: try foreign.programs(hasBTF: hasBTF))
    let hooks = try await gate.guarded(
      probe: probe.name, content: "\(object.artifact.hash) \(settings)"
    ) { try await gate.session.load(request, timeout: SafetyGate.loadLimit) }
    loaded.foreign.append(ForeignWindow.Probe(name: probe.name, metrics: probe.metrics))
    return hooks.map(HookRecord.init)
  }

  /// Loads prepared programs, with the places where this kernel keeps the fields.
  private func load(
    _ template: SpanTemplate, _ probe: ProbeManifest, _ object: Object, _ metrics: Numbered
  ) async throws -> [AgentHook] {
    let formats = try await EventFormats.read(template.events, gate.session)
    let bytes: [UInt8]
    var function: UserFunction?
    var places: [String: UserPlace] = [:]
    do {
      let reader = UserFunctionReader(device: gate.device, abi: bundle.abi)
      if template.userFunction != nil { function = try await reader.function(of: template) }
      for event in template.userEvents {
        places[event.hook] = try await reader.place(of: event)
      }
      bytes = try template.configured(
        object.bytes, formats: formats, registers: bundle.abi.registers, function: function,
        places: places)
    } catch let misfit as SpanTemplate.MisfitError {
      throw MissingFieldError(reason: misfit.description)
    } catch let fault as UserFunctionError {
      throw MissingFieldError(reason: fault.description)
    } catch let error as MalformedError {
      throw RunError.badObject(probe: probe.name, path: object.artifact.path, reason: error.reason)
    }
    for (hook, isReturn) in template.userHooks where places[hook] == nil {
      places[hook] = function.map { UserPlace($0, isReturn: isReturn) }
    }
    let sites = template.userHooks.compactMap { hook, _ in
      places[hook].map { Self.sites(hook, $0) }
    }
    var hooks = try await gate.guarded(
      probe: probe.name, content: "\(object.artifact.hash) \(template.places)"
    ) {
      try await gate.session.load(
        AgentProbe(
          name: probe.name, object: bytes, metrics: metrics.map(AgentMetric.init),
          btfPath: btfPath, sites: sites),
        timeout: SafetyGate.loadLimit)
    }
    let notes =
      function?.notes
      ?? template.userHooks.flatMap { places[$0.hook]?.notes ?? [] }.reduce(into: [String]()) {
        notes, note in
        if !notes.contains(note) { notes.append(note) }
      }
    if let last = hooks.indices.last, !notes.isEmpty, hooks[last].reason.isEmpty {
      hooks[last].reason = notes.joined(separator: "; ")
    }
    return hooks
  }

  private static func sites(_ hook: String, _ place: UserPlace) -> AgentSites {
    AgentSites(
      hook: hook, path: place.path, identity: place.identity,
      sites: place.sites.map {
        AgentSites.Site(offset: $0.offset, code: $0.code, semaphore: $0.semaphore)
      })
  }

  /// Why a kernel cannot give what a probe asks of it.
  private struct MissingFieldError: Error {
    var reason: String
  }

  private func takePinned(
    _ probe: ProbeManifest, _ metrics: Numbered
  ) async throws -> [AgentHook] {
    try await gate.session.loadPinned(
      AgentPinnedProbe(name: probe.name, metrics: metrics.map(AgentMetric.init)))
  }

  private func trace(_ probe: ProbeManifest, _ metrics: Numbered) async throws -> [AgentHook] {
    try await gate.session.loadTrace(
      AgentTraceProbe(
        name: probe.name,
        metrics: metrics.map(AgentTraceProbe.Metric.init)))
  }

  /// Has perfetto record for a probe.
  private func record(_ probe: ProbeManifest, _ loaded: inout Loaded) async throws -> [HookRecord] {
    let events = try await perfetto.events(of: Set(probe.t0Metrics.map(\.name)))
    var plan: PerfettoPlan
    if let made = loaded.perfetto {
      plan = made
    } else {
      plan = PerfettoPlan(device: gate.device, ability: try await perfetto.ability())
    }
    plan.add(probe, events: events.filter { $0.missing == nil }.map(\.event))
    loaded.perfetto = plan
    return events.map { event, missing in
      let name = event.split(separator: "/").last.map(String.init) ?? event
      return HookRecord(
        hook: name, rung: missing == nil ? "perfetto" : "",
        program: event.replacing("/", with: ":"), why: missing ?? "")
    }
  }

  /// Why this kernel does not take the probe; throws when the kernel is not the reason.
  private func reason(_ refusal: AgentRefusalError, _ probe: ProbeManifest) throws -> String {
    switch refusal.code {
    case .unsupported, .refused, .busy: return refusal.text
    case .verifier: return [refusal.text, refusal.log ?? ""].joined(separator: "\n")
    case .object:
      throw RunError.badObject(
        probe: probe.name, path: bundle.objects[probe.name]?.path ?? "", reason: refusal.text)
    default: throw AgentSessionError.refused(refusal)
    }
  }

  /// Metrics that lack a hook; nil when none does.
  private static func unsupported(
    _ probe: ProbeManifest, _ hooks: [HookRecord]
  ) -> [String: String]? {
    let absent = hooks.filter(\.rung.isEmpty).map { ($0.hook, $0.why) }
    let found = probe.unsupported(absent: Dictionary(absent) { first, _ in first })
    return found.isEmpty ? nil : found
  }

  /// Why the routes above one were not used, in one line each; nil when there are none.
  private static func reason(_ failures: [TierPlan.PassedOver], above route: Route?) -> String? {
    let better = Route.allCases.prefix { $0 != route }
    let lines = better.compactMap { route in
      failures.first { $0.route == route }.map { "\(route.text): \($0.text)" }
    }
    return lines.isEmpty ? nil : lines.joined(separator: "\n")
  }
}

extension TierPlan.PassedOver {
  /// Reason and remedy in one line.
  package var text: String { remedy.map { "\(reason); \($0)" } ?? reason }
}

extension HookRecord {
  fileprivate init(_ hook: AgentHook) {
    self.init(
      hook: hook.hook, rung: hook.rung, program: hook.program, why: hook.reason)
  }
}
