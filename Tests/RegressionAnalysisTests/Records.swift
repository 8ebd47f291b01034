import Foundation
import LatencyHistograms
import RunRecords

@testable import RegressionAnalysis

/// SplitMix64: the same numbers in every run of a test.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x2545_f491_4f6c_dd1d }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  mutating func normal() -> Double {
    let u = Double.random(in: Double.leastNonzeroMagnitude..<1, using: &self)
    let v = Double.random(in: 0..<1, using: &self)
    return (-2 * log(u)).squareRoot() * cos(2 * .pi * v)
  }
}

/// A smooth log-normal histogram: no chance in it, so that tests say what they mean.
func smooth(events: Int = 6000, centre: Double = 100_000, sigma: Double = 0.4, tail: Double = 1)
  -> LatencyHistogram
{
  var histogram = LatencyHistogram()
  for step in 0..<events {
    let p = (Double(step) + 0.5) / Double(events)
    let value = centre * exp(sigma * NormalDistribution.quantile(p)) * (p > 0.95 ? tail : 1)
    histogram.record(UInt64(value))
  }
  return histogram
}

/// One bench: metrics per run by a function of arm, run and metric.
struct Bench {
  var runsPerArm = 4
  var iterations = 5
  var metrics = 8
  /// Standard deviations of run and iteration, relative.
  var runNoise = 0.01
  var iterationNoise = 0.01
  var events = 6000
  /// Candidate's factor on all latencies of metric 0, and on those beyond its p95.
  var shift = 1.0
  var tail = 1.0

  /// Records in the order ABBA ABBA.
  func records(seed: UInt64, firstOrder: Int = 0) -> (
    reference: [RunRecord], candidate: [RunRecord]
  ) {
    var random = SeededGenerator(seed: seed)
    let plain = smooth(events: events)
    let tailed = tail == 1 ? plain : smooth(events: events, tail: tail)
    var result: (reference: [RunRecord], candidate: [RunRecord]) = ([], [])
    for position in 0..<(2 * runsPerArm) {
      let isCandidate = [1, 2].contains(position % 4)
      let order = firstOrder + position
      let levels = (0..<metrics).map { _ in runNoise * random.normal() }
      var passes: [IterationRecord] = []
      for index in 0..<iterations {
        let histograms = (0..<metrics).map { metric in
          let changed = isCandidate && metric == 0
          let noise = levels[metric] + iterationNoise * random.normal()
          return HistogramRecord(
            metric: "block.m\(metric)", labels: ["dev": "vdb"],
            histogram: (changed ? tailed : plain).scaled(exp(noise) * (changed ? shift : 1)))
        }
        passes.append(iteration(index, histograms))
      }
      let one = record(
        id: "run-\(order)", isCandidate: isCandidate, order: order, iterations: passes)
      if isCandidate { result.candidate.append(one) } else { result.reference.append(one) }
    }
    return result
  }

  /// Its runs.
  func screen(seed: UInt64) -> VerdictInput {
    let runs = records(seed: seed)
    return VerdictInput(reference: runs.reference, candidate: runs.candidate)
  }

  /// Its runs, and as many again.
  func both(seed: UInt64) -> VerdictInput {
    var input = screen(seed: seed)
    let fresh = records(seed: seed + 1_000_000, firstOrder: 2 * runsPerArm)
    input.reference += fresh.reference
    input.candidate += fresh.candidate
    return input
  }

  /// What a caller does: a look, and more runs only when asked for.
  func verdict(seed: UInt64) throws -> Verdict {
    let first = try judge(screen(seed: seed))
    let goesOn = first.continuation.goesOn(
      runs: runsPerArm, planned: 2 * runsPerArm, most: 2 * runsPerArm)
    return goesOn ? try judge(both(seed: seed)) : first
  }
}

extension LatencyHistogram {
  /// Every value times a factor, spread evenly over its bucket first.
  func scaled(_ factor: Double) -> LatencyHistogram {
    guard factor != 1 else { return self }
    var result = LatencyHistogram()
    for bucket in sparse {
      let bounds = layout.bounds(of: bucket.index)
      let parts = Swift.min(bucket.count, 8)
      for part in 0..<parts {
        let share = (Double(part) + 0.5) / Double(parts)
        let value = Double(bounds.lower) + share * Double(bounds.upper - bounds.lower)
        let times = bucket.count / parts + (part < bucket.count % parts ? 1 : 0)
        result.record(UInt64(value * factor), times: times)
      }
    }
    return result
  }
}

func iteration(
  _ index: Int, _ histograms: [HistogramRecord] = [], scalars: [ScalarRecord] = [],
  losses: [LossRecord] = []
) -> IterationRecord {
  IterationRecord(
    index: index, kind: .measured, startedUptimeNs: UInt64(index) * 1_000_000_000,
    phases: [
      PhaseRecord(
        name: "write", durationNs: 1_000_000_000, drainNs: 0, histograms: histograms,
        losses: losses, scalars: scalars)
    ])
}

func record(
  id: String, isCandidate: Bool, order: Int,
  iterations: [IterationRecord]
) -> RunRecord {
  RunRecord(
    id: id, created: Date(timeIntervalSince1970: 1_790_000_000 + 60 * Double(order)),
    toolVersion: "0.1.0",
    experiment: ExperimentPlace(
      id: "e", arm: isCandidate ? .candidate : .reference, order: order),
    target: "virt",
    device: DeviceFacts(
      name: "v0", serial: "v0", model: "virt", transport: "virtual", abi: "arm64"),
    firmware: FirmwareIdentity(
      name: isCandidate ? "new" : "old", id: isCandidate ? "b2" : "b1", fingerprint: "f",
      kernelRelease: "6.1.0", kernelBuildID: "00ff"),
    boot: BootFacts(bootID: "boot-\(id)", uptimeSeconds: 60), suite: "storage", workload: "write",
    probes: [
      ProbeRecord(
        name: "block", status: .loaded,
        hooks: [HookRecord(hook: "block_rq_issue", rung: "tp_btf", program: "issue", why: "")])
    ],
    iterations: iterations)
}

/// Four runs per arm in turn, each made by `make`.
func experiment(
  runsPerArm: Int = 4, _ make: (_ isCandidate: Bool, _ run: Int) -> [IterationRecord]
) -> VerdictInput {
  var input = VerdictInput(reference: [], candidate: [])
  for position in 0..<(2 * runsPerArm) {
    let isCandidate = [1, 2].contains(position % 4)
    let one = record(
      id: "r\(position)", isCandidate: isCandidate, order: position,
      iterations: make(isCandidate, position))
    if isCandidate { input.candidate.append(one) } else { input.reference.append(one) }
  }
  return input
}

extension Verdict {
  func metric(_ text: String, _ statistic: Statistic) -> MetricVerdict? {
    metrics.first { $0.id.text == text && $0.statistic == statistic }
  }
}
