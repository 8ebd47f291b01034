import Catalogs
import Experiments
import Foundation
import PerfettoTraces
import RunRecords

/// A run record from a folded trace: tier T0, and only as much identity as the trace has.
package struct FoldedRecord {
  package let trace: FoldedTrace
  package let probes: [ProbeManifest]
  /// Names that the trace does not have.
  package let device: String
  package let firmware: String
  package let suite: String
  package let phase: String

  package init(
    trace: FoldedTrace, probes: [ProbeManifest], device: String, firmware: String, suite: String,
    phase: String
  ) {
    self.trace = trace
    self.probes = probes
    self.device = device
    self.firmware = firmware
    self.suite = suite
    self.phase = phase
  }

  /// The record. What must keep it from being judged is in its `invalid`.
  package func record() -> RunRecord {
    let facts = trace.facts
    let uptime = Double(trace.firstNs) / 1e9
    var record = RunRecord(
      id: UUID().uuidString.lowercased(),
      created: created,
      toolVersion: Version.text, target: "trace",
      device: DeviceFacts(
        name: device, serial: "", model: facts.socModel, transport: "trace",
        abi: Self.abi(facts.machine)),
      firmware: FirmwareIdentity(
        name: firmware, id: "\(facts.fingerprint)/\(facts.kernelVersion)",
        fingerprint: facts.fingerprint, kernelRelease: facts.kernelRelease, kernelBuildID: ""),
      boot: BootFacts(bootID: "", uptimeSeconds: uptime), suite: suite, workload: "trace",
      probes: probes.map(probeRecord), iterations: [])
    var phase = PhaseRecord(
      name: phase, durationNs: trace.window.drain - trace.window.open,
      drainNs: trace.window.close - trace.window.drain)
    for metric in trace.metrics {
      guard let manifest = manifest(metric.name) else { continue }
      if phase.add(metric, of: manifest, resolve: { _, _ in nil }) != nil {
        record.invalid.append(
          InvalidMark(metric: metric.name, reason: "its key is not the manifest's"))
      }
    }
    record.iterations = [
      IterationRecord(
        index: 0, kind: .measured, startedUptimeNs: trace.window.open, phases: [phase],
        covariates: covariates, notes: notes)
    ]
    record.tier = .t0
    record.invalid += trace.faults.flatMap(marks)
    if phase.isEmpty, record.invalid.isEmpty {
      record.invalid.append(InvalidMark(reason: nothing))
    }
    return record
  }

  /// What a fault keeps from being judged.
  private func marks(_ fault: FoldFault) -> [InvalidMark] {
    let way = fault.isElsewhere ? "; --from and --to choose a part without it" : ""
    let reason = "events are missing: \(fault.reason)\(way)"
    guard let metrics = fault.metrics else { return [InvalidMark(reason: reason)] }
    return metrics.filter { manifest($0) != nil }.map { InvalidMark(metric: $0, reason: reason) }
  }

  /// Why there is not one result.
  private var nothing: String {
    guard trace.metrics.isEmpty else {
      return "nothing was measured: no operation of the probes lies in the window"
    }
    let lacking = trace.missing.filter { manifest($0.key) != nil && !$0.value.isEmpty }
    let needs = lacking.sorted { $0.key < $1.key }.map {
      "\($0.key) needs \($0.value.joined(separator: " and "))"
    }
    return "nothing was measured: the trace lacks the events that probes need; "
      + (needs.isEmpty ? "record linux.ftrace" : needs.joined(separator: ", "))
  }

  /// When the trace began, where it says so, in whole seconds.
  private var created: Date {
    let now = UInt64(Date().timeIntervalSince1970)
    let seconds = trace.facts.realtimeNs.map { $0 / 1_000_000_000 } ?? now
    return Date(timeIntervalSince1970: TimeInterval(seconds))
  }

  private var covariates: [String: Double] {
    var result: [String: Double] = [:]
    for frequency in trace.frequencies {
      result[Covariate.meanFrequency(cpu: frequency.cpu)] = Double(frequency.meanKHz)
      result[Covariate.frequencyChanges(cpu: frequency.cpu)] = Double(frequency.changes)
    }
    return result
  }

  private var notes: [String: String] {
    var notes = ["source": "a perfetto trace"]
    if !trace.facts.omissions.isEmpty {
      notes["left out"] = trace.facts.omissions.joined(separator: "; ")
    }
    if trace.wakingIsWakeup {
      notes["runqueue"] = "waits begin at sched_waking: the trace has no sched_wakeup"
    }
    for (metric, events) in trace.missing where !events.isEmpty {
      notes[metric] = "not there: the trace has no \(events.joined(separator: ", "))"
    }
    return notes
  }

  private func manifest(_ metric: String) -> ProbeMetric? {
    probes.lazy.flatMap(\.metrics).first { $0.name == metric }
  }

  private func probeRecord(_ probe: ProbeManifest) -> ProbeRecord {
    let folded = trace.metrics.filter { MetricID.probe(ofMetric: $0.name) == probe.name }
    guard !folded.isEmpty else {
      let lacking = trace.missing.filter { MetricID.probe(ofMetric: $0.key) == probe.name }
      let events = Set(lacking.values.joined()).sorted().joined(separator: ", ")
      return ProbeRecord(
        name: probe.name, status: .lost,
        reason: events.isEmpty
          ? "no trace events give it" : "the trace has no \(events)")
    }
    let events = Set(folded.flatMap(\.events)).sorted()
    return ProbeRecord(
      name: probe.name, status: .loaded, tier: .t0,
      hooks: events.map { event in
        // Another beginning of the wait is another metric: such runs are not compared.
        let stands = event == "sched_wakeup" && trace.wakingIsWakeup
        return HookRecord(
          hook: event, rung: stands ? "ftrace-waking" : "ftrace", program: "", why: "")
      })
  }

  /// `uname -m` as the tool calls it.
  private static func abi(_ machine: String) -> String {
    switch machine {
    case "aarch64", "armv8l": "arm64"
    case let machine where machine.hasPrefix("arm"): "armv7"
    default: machine
    }
  }
}
