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
  /// Types of the kernel on the device; nil = the kernel's own.
  var btfPath: String?

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
    for probe in request.probes {
      guard let object = request.bundle.objects[probe.name] else {
        throw RunError.badObject(probe: probe.name, path: "", reason: "it was not built")
      }
      let first = UInt32(loaded.metrics.count) + 1
      let bindings = probe.metrics.enumerated().map { offset, metric in
        AgentMetric(
          id: first + UInt32(offset), map: metric.map, countersIndex: UInt32(metric.counters),
          namesMap: metric.namesMap)
      }
      do {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: object.path))
        let hooks = try await session.load(
          AgentProbe(
            name: probe.name, object: Array(bytes), metrics: bindings, btfPath: btfPath))
        loaded.records.append(
          ProbeRecord(name: probe.name, status: .loaded, hooks: hooks.map(HookRecord.init)))
        for (binding, metric) in zip(bindings, probe.metrics) {
          loaded.metrics[binding.id] = Metric(probe: probe.name, metric: metric)
        }
      } catch AgentSessionError.refused(let refusal) {
        let reason = try reason(refusal, probe, object.path)
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
