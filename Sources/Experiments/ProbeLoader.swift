import AgentSession
import Catalogs
import Foundation
import ProbeBuild
import RunRecords

/// The capability gate: loads every probe of a suite and says what became of each.
struct ProbeLoader: Sendable {
  let request: RunRequest
  /// Name of the device, for messages.
  let device: String

  /// A metric as the agent numbers it.
  struct Metric: Sendable, Equatable {
    var probe: String
    var metric: ProbeMetric
  }

  /// What is on the device now.
  struct Loaded: Sendable {
    var records: [ProbeRecord]
    /// By the id that the agent repeats.
    var metrics: [UInt32: Metric]
  }

  /// - Throws: ``RunError``; `AgentSessionError` for anything but a probe that does not fit.
  func load(into session: AgentClient) async throws -> Loaded {
    var loaded = Loaded(records: [], metrics: [:])
    let tier = tier(of: session)
    for probe in request.probes {
      let path = request.bundle.objects[probe.name]?.path ?? ""
      let first = UInt32(loaded.metrics.count) + 1
      do {
        let hooks: [AgentHook]
        let metrics: [ProbeMetric]
        if tier == .t0 {
          metrics = probe.t0Metrics
          hooks = try await session.loadTrace(trace(probe, first: first))
        } else {
          metrics = probe.metrics
          hooks = try await session.load(program(probe, path: path, first: first))
        }
        loaded.records.append(
          ProbeRecord(name: probe.name, status: .loaded, hooks: hooks.map(HookRecord.init)))
        for (offset, metric) in metrics.enumerated() {
          loaded.metrics[first + UInt32(offset)] = Metric(probe: probe.name, metric: metric)
        }
      } catch AgentSessionError.refused(let refusal) {
        let reason = try reason(refusal, probe, path)
        loaded.records.append(
          ProbeRecord(name: probe.name, status: .unsupported, reason: reason))
      }
    }
    guard !loaded.metrics.isEmpty else {
      throw RunError.noProbe(
        device: device,
        reasons: loaded.records.map { "\($0.name): \($0.reason ?? "")" })
    }
    return loaded
  }

  private func tier(of session: AgentClient) -> Tier {
    if let given = ProcessInfo.processInfo.environment["LATGATE_TIER"].flatMap(Tier.init) {
      return given
    }
    return session.facts.features.contains { $0.name == "bpf" && $0.state == .no } ? .t0 : .t2
  }

  private func trace(_ probe: ProbeManifest, first: UInt32) -> AgentTraceProbe {
    AgentTraceProbe(
      name: probe.name,
      metrics: probe.t0Metrics.enumerated().map { offset, metric in
        AgentTraceProbe.Metric(id: first + UInt32(offset), name: metric.name)
      })
  }

  private func program(_ probe: ProbeManifest, path: String, first: UInt32) throws -> AgentProbe {
    guard !path.isEmpty else {
      throw RunError.badObject(probe: probe.name, path: "", reason: "it was not built")
    }
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    return AgentProbe(
      name: probe.name, object: Array(bytes),
      metrics: probe.metrics.enumerated().map { offset, metric in
        AgentMetric(
          id: first + UInt32(offset), map: metric.map, countersIndex: UInt32(metric.counters),
          namesMap: metric.namesMap)
      })
  }

  /// Why this kernel does not take the probe; throws when the kernel is not the reason.
  private func reason(
    _ refusal: AgentRefusal, _ probe: ProbeManifest, _ path: String
  ) throws -> String {
    switch refusal.code {
    case .unsupported: return refusal.text
    case .verifier: return [refusal.text, refusal.log ?? ""].joined(separator: "\n")
    case .object:
      throw RunError.badObject(probe: probe.name, path: path, reason: refusal.text)
    case .refused: throw RunError.refused(device: device, reason: refusal.text)
    case .busy: throw RunError.busy(device: device, reason: refusal.text)
    default: throw AgentSessionError.refused(refusal)
    }
  }
}

extension HookRecord {
  fileprivate init(_ hook: AgentHook) {
    self.init(
      hook: hook.hook, rung: hook.rung, program: hook.program, why: hook.reason)
  }
}
