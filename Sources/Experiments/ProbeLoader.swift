import AgentSession
import Catalogs
import Foundation
import ProbeBuild
import RunRecords

/// The capability gate: brings every probe of a suite onto the device, in the best tier that
/// works, and says what became of each.
struct ProbeLoader: Sendable {
  let probes: [ProbeManifest]
  let bundle: ProbeBundle
  /// The only tier that may be used; nil = the best that works.
  let tier: Tier?
  let gate: SafetyGate
  /// Types of the kernel on the device; nil = the kernel's own.
  let btfPath: String?
  /// Those of the greeting, and what the canary told of `bpf`.
  let features: [AgentFeature]

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
  }

  /// Loads the canary first.
  init(
    probes: [ProbeManifest], bundle: ProbeBundle, tier: Tier?, gate: SafetyGate,
    btfPath: String? = nil
  ) async throws {
    self.probes = probes
    self.bundle = bundle
    self.tier = tier
    self.gate = gate
    self.btfPath = btfPath
    // A tier that loads nothing needs no program that does nothing.
    let loads = tier == nil || tier == .t2
    let greeting = gate.session.facts.features
    features =
      loads ? greeting.filter { $0.name != "bpf" } + [try await gate.canary()] : greeting
  }

  /// - Throws: ``RunError``, ``LoadCrash``, `StoreError`; `AgentSessionError` for anything but a
  ///   probe that does not fit.
  func load() async throws -> Loaded {
    var loaded = Loaded()
    for probe in probes {
      try await load(probe, &loaded)
    }
    guard !loaded.metrics.isEmpty else {
      throw RunError.noProbe(
        device: gate.device.name,
        reasons: loaded.records.map { "\($0.name): \($0.reason ?? "")" })
    }
    return loaded
  }

  /// Tries one probe tier by tier.
  func load(_ probe: ProbeManifest, _ loaded: inout Loaded) async throws {
    let plan = TierPlan(
      probe: probe, features: features, choice: tier, hasExternalBTF: btfPath != nil)
    let first = UInt32(loaded.metrics.count) + 1
    var failures = plan.passedOver
    for tier in plan.candidates {
      let metrics = tier == .t0 ? probe.t0Metrics : probe.metrics
      do {
        let hooks = try await attempt(tier, probe, metrics, first)
        loaded.records.append(
          ProbeRecord(
            name: probe.name, status: .loaded, tier: tier, hooks: hooks.map(HookRecord.init),
            reason: Self.reason(failures, above: tier)))
        for (offset, metric) in metrics.enumerated() {
          loaded.metrics[first + UInt32(offset)] = Metric(probe: probe.name, metric: metric)
        }
        return
      } catch AgentSessionError.refused(let refusal) {
        failures.append(TierPlan.PassedOver(tier: tier, reason: try reason(refusal, probe)))
      } catch let quarantined as QuarantinedLoad {
        // No other tier in its place: that would change what is compared with what.
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

  /// Loads or enables a probe in one tier; its metrics are numbered from `first` on.
  private func attempt(
    _ tier: Tier, _ probe: ProbeManifest, _ metrics: [ProbeMetric], _ first: UInt32
  ) async throws -> [AgentHook] {
    let session = gate.session
    let numbered = metrics.enumerated().map { (id: first + UInt32($0.offset), metric: $0.element) }
    switch tier {
    case .t2:
      guard let object = bundle.objects[probe.name] else {
        throw RunError.badObject(probe: probe.name, path: "", reason: "it was not built")
      }
      let bytes = try Data(contentsOf: URL(fileURLWithPath: object.path))
      return try await gate.guarded(probe: probe.name, content: object.hash) {
        try await session.load(
          AgentProbe(
            name: probe.name, object: Array(bytes), metrics: numbered.map(AgentMetric.init),
            btfPath: btfPath),
          timeout: SafetyGate.loadLimit)
      }
    case .t0:
      return try await session.loadTrace(
        AgentTraceProbe(
          name: probe.name,
          metrics: numbered.map { AgentTraceProbe.Metric(id: $0.id, name: $0.metric.name) }))
    case .t1:
      return try await session.loadPinned(
        AgentPinnedProbe(name: probe.name, metrics: numbered.map(AgentMetric.init)))
    }
  }

  /// Why this kernel does not take the probe; throws when the kernel is not the reason.
  private func reason(_ refusal: AgentRefusal, _ probe: ProbeManifest) throws -> String {
    switch refusal.code {
    case .unsupported, .refused, .busy: return refusal.text
    case .verifier: return [refusal.text, refusal.log ?? ""].joined(separator: "\n")
    case .object:
      throw RunError.badObject(
        probe: probe.name, path: bundle.objects[probe.name]?.path ?? "", reason: refusal.text)
    default: throw AgentSessionError.refused(refusal)
    }
  }

  /// Why the tiers above one were not used, in one line each; nil when there are none.
  private static func reason(_ failures: [TierPlan.PassedOver], above tier: Tier?) -> String? {
    let better = Tier.allCases.prefix { $0 != tier }
    let lines = better.compactMap { tier in
      failures.first { $0.tier == tier }.map { "\(tier.rawValue): \($0.text)" }
    }
    return lines.isEmpty ? nil : lines.joined(separator: "\n")
  }
}

extension TierPlan.PassedOver {
  /// Reason and remedy in one line.
  package var text: String { remedy.map { "\(reason); \($0)" } ?? reason }
}

extension AgentMetric {
  fileprivate init(id: UInt32, metric: ProbeMetric) {
    self.init(
      id: id, map: metric.map, countersIndex: UInt32(metric.counters), namesMap: metric.namesMap)
  }
}

extension HookRecord {
  fileprivate init(_ hook: AgentHook) {
    self.init(
      hook: hook.hook, rung: hook.rung, program: hook.program, why: hook.reason)
  }
}
