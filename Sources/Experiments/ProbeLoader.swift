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
    probes: [ProbeManifest], bundle: ProbeBundle, tier: Tier?, gate: SafetyGate
  ) async throws {
    self.probes = probes
    self.bundle = bundle
    self.tier = tier
    self.gate = gate
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
    let plan = TierPlan(probe: probe, features: features, choice: tier)
    let first = UInt32(loaded.metrics.count) + 1
    let bindings = probe.metrics.enumerated().map { offset, metric in
      AgentMetric(
        id: first + UInt32(offset), map: metric.map, countersIndex: UInt32(metric.counters),
        namesMap: metric.namesMap)
    }
    var failures = plan.passedOver
    var status = ProbeRecord.Status.unsupported
    for tier in plan.candidates {
      do {
        let hooks = try await attempt(tier, probe, bindings)
        loaded.records.append(
          ProbeRecord(
            name: probe.name, status: .loaded, tier: tier, hooks: hooks.map(HookRecord.init),
            reason: Self.reason(failures, above: tier)))
        for (binding, metric) in zip(bindings, probe.metrics) {
          loaded.metrics[binding.id] = Metric(probe: probe.name, metric: metric)
        }
        return
      } catch AgentSessionError.refused(let refusal) {
        failures.append(TierPlan.PassedOver(tier: tier, reason: try reason(refusal, probe)))
      } catch let quarantined as QuarantinedLoad {
        status = .quarantined
        failures.append(
          TierPlan.PassedOver(
            tier: tier, reason: "quarantined: \(quarantined.event.sentence)"))
      }
    }
    loaded.records.append(
      ProbeRecord(
        name: probe.name, status: status, reason: Self.reason(failures, above: nil)))
  }

  /// Loads or enables a probe in one tier.
  private func attempt(
    _ tier: Tier, _ probe: ProbeManifest, _ bindings: [AgentMetric]
  ) async throws -> [AgentHook] {
    let session = gate.session
    switch tier {
    case .t2:
      guard let object = bundle.objects[probe.name] else {
        throw RunError.badObject(probe: probe.name, path: "", reason: "it was not built")
      }
      let bytes = try Data(contentsOf: URL(fileURLWithPath: object.path))
      return try await gate.guarded(probe: probe.name, content: object.hash) {
        try await session.load(
          AgentProbe(name: probe.name, object: Array(bytes), metrics: bindings),
          timeout: SafetyGate.loadLimit)
      }
    case .t1, .t0:
      throw AgentSessionError.refused(
        AgentRefusal(code: .unsupported, text: "this release has no tier \(tier.rawValue)"))
    }
  }

  /// Why this kernel does not take the probe; throws when the kernel is not the reason.
  private func reason(_ refusal: AgentRefusal, _ probe: ProbeManifest) throws -> String {
    switch refusal.code {
    case .unsupported, .refused: return refusal.text
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

extension HookRecord {
  fileprivate init(_ hook: AgentHook) {
    self.init(
      hook: hook.hook, rung: hook.rung, program: hook.program, why: hook.reason)
  }
}
