import Foundation
import LatencyHistograms
import RunRecords

@testable import Reporting

/// A histogram with `count` events in each of some buckets.
func histogram(
  _ metric: String, _ labels: [String: String], _ buckets: [(index: UInt64, count: UInt64)]
) -> HistogramRecord {
  let last = buckets.last?.index ?? 0
  return HistogramRecord(
    metric: metric, labels: labels, count: buckets.reduce(0) { $0 + $1.count }, sum: 0,
    max: HistogramLayout.standard.bounds(of: Int(last)).upper - 1,
    buckets: buckets.map { [$0.index, $0.count] })
}

/// A bell of events around a bucket.
func bell(around center: UInt64, _ scale: UInt64) -> [(index: UInt64, count: UInt64)] {
  let weights: [UInt64] = [1, 2, 5, 11, 20, 28, 31, 28, 20, 11, 5, 2, 1]
  return weights.enumerated().map { (center - 6 + UInt64($0.offset), $0.element * scale) }
}

func record(
  firmware: String = "reference", center: UInt64 = 290, phases: [PhaseRecord]? = nil
) -> RunRecord {
  let phase = PhaseRecord(
    name: "fsync-f2fs", durationNs: 1_500_000_000, drainNs: 2_000_000,
    histograms: [
      histogram("fsync.latency", ["fs": "f2fs"], bell(around: center, 4)),
      histogram("runqueue.wait", ["class": "workload"], bell(around: 160, 90)),
    ],
    losses: [
      LossRecord(metric: "runqueue.wait", started: 15_000, recorded: 14_850, overwritten: 30),
      LossRecord(metric: "fsync.latency", started: 662, recorded: 660, censored: 2),
    ],
    scalars: [ScalarRecord(metric: "fsync.rate", unit: "/s", value: 312.25, better: .higher)])
  let iteration = IterationRecord(
    index: 1, kind: .measured, startedUptimeNs: 9_000_000_000, phases: phases ?? [phase],
    covariates: [
      "speed_loops_per_us": 249.9, "background_cpu_share": 0.012, "temperature_celsius": 31.25,
      "frequency_limit_khz": 1_800_000, "load_1min": 0.5,
    ])
  var second = iteration
  second.index = 2
  second.covariates["temperature_celsius"] = 33
  if phases == nil { second.phases[0].scalars[0].value = 298.5 }
  var hot = iteration
  hot.dropped = "hotter than 45 C"
  hot.dropCause = .temperature
  return RunRecord(
    id: "run-\(firmware)", created: Date(timeIntervalSince1970: 1_760_000_000),
    toolVersion: "0.1.0", target: "virtual",
    device: DeviceFacts(
      name: "virtual", serial: "127.0.0.1:6001", model: "QEMU virt", transport: "virtual",
      abi: "arm64"),
    firmware: FirmwareIdentity(
      name: firmware, id: "\(firmware)-1f2e", fingerprint: "Debian 12",
      kernelRelease: "6.1.0-40-arm64", kernelBuildID: "ab12"),
    boot: BootFacts(bootID: "b", uptimeSeconds: 9), suite: "demo",
    workload: "storage-and-sched",
    probes: [
      ProbeRecord(
        name: "fsync", status: .loaded,
        hooks: [HookRecord(hook: "f2fs_sync_file_enter", rung: "raw_tp", program: "p", why: "")]),
      ProbeRecord(
        name: "runqueue", status: .loaded,
        hooks: [HookRecord(hook: "sched_switch", rung: "tp_btf", program: "p", why: "")]),
      ProbeRecord(
        name: "binder", status: .unsupported, reason: "no tracepoint binder_transaction"),
    ],
    iterations: [
      IterationRecord(index: 0, kind: .warmup, startedUptimeNs: 8, phases: phases ?? [phase]),
      iteration, second, hot,
    ],
    overhead: OverheadRecord(
      cpuShare: 0.0123, slowdown: 0.008, slowdownInterval: .init(low: -0.002, high: 0.018),
      pairs: 3))
}

/// A bell of events as a histogram.
func shape(_ center: UInt64, scale: UInt64 = 40) -> LatencyHistogram {
  var histogram = LatencyHistogram()
  for (index, count) in bell(around: center, scale) {
    histogram.record(HistogramLayout.standard.bounds(of: Int(index)).lower, times: count)
  }
  return histogram
}

let verdictReport: VerdictReport = {
  let fsync = "fsync.latency{fs=f2fs}@fsync-f2fs"
  let block = "block.device{dev=vdc,op=write}@fsync-f2fs"
  let wait = "runqueue.wait{class=workload}@oversubscription"
  return VerdictReport(
    outcome: .regression, exitCode: 1, grade: "interleaved", suite: "demo", target: "virtual",
    reference: .init(
      name: "reference", build: "reference-1f2e", kernelRelease: "6.1.0-40-arm64", runs: 8,
      iterations: 24, dropped: 0),
    candidate: .init(
      name: "slow-disk", build: "slow-disk-77aa", kernelRelease: "6.1.0-40-arm64", runs: 8,
      iterations: 23, dropped: 1),
    confidence: 0.95,
    rows: [
      .init(
        metric: block, unit: "ns", statistic: "p50", reference: 2_410_000, candidate: 4_800_000,
        change: 0.992, lower: 0.95, upper: 1.03, detectable: 0.041, budget: 0.09,
        finding: .regression),
      .init(
        metric: block, unit: "ns", statistic: "p99", reference: 5_020_000, candidate: 9_996_000,
        change: 0.991, lower: 0.4, upper: 1.83, detectable: 0.12, budget: 0.15,
        finding: .inconclusive, isBlocking: true, runsNeeded: 2, note: "2 more runs per arm needed"),
      .init(
        metric: fsync, unit: "ns", statistic: "p50", reference: 4_130_000, candidate: 8_300_000,
        change: 1.01, lower: 0.97, upper: 1.05, detectable: 0.035, budget: 0.09,
        finding: .regression),
      .init(
        metric: fsync, unit: "ns", statistic: "p99", finding: .notMeasurable,
        note: "30 events lie beyond it, 50 are needed"),
      .init(
        metric: wait, unit: "ns", statistic: "p50", reference: 39_500, candidate: 39_600,
        change: 0.0025, lower: -0.004, upper: 0.009, detectable: 0.011, budget: 0.09,
        finding: .noChange),
      .init(
        metric: wait, unit: "ns", statistic: "p90", reference: 999.9, candidate: 912,
        change: -0.088, lower: -0.11, upper: -0.066, detectable: 0.02, finding: .improvement,
        isGating: false),
    ],
    distributions: [
      .init(metric: fsync, reference: shape(290), candidate: shape(304), limit: 16)
    ],
    probes: [
      .init(name: "block", reference: "tp_btf", candidate: "tp_btf"),
      .init(name: "fsync", reference: "raw_tp", candidate: "kprobe"),
      .init(name: "runqueue", reference: "tp_btf", candidate: "tp_btf"),
    ],
    losses: [
      .init(metric: "runqueue.wait", reference: 0.0002, candidate: 0.00004),
      .init(metric: "block.device", reference: 0, candidate: 0),
    ],
    overhead: .init(
      referenceCPU: 0.012, candidateCPU: 0.011, referenceSlowdown: 0.008,
      candidateSlowdown: nil),
    reasons: [],
    next: [
      "look at storage: block.device moved with fsync.latency, so the time is lost in the device"
        + " and not in the file system",
      "compare the two kernels' command lines and disk settings",
    ])
}()
