import Foundation
import LatencyHistograms
import RunRecords

@testable import HistogramExchange

/// Three iterations of a latency and a size, whose values come from a generator.
let record: RunRecord = {
  var state: UInt64 = 7
  func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state >> 33
  }
  let iterations = (0..<3).map { index in
    var latency = LatencyHistogram()
    for _ in 0..<5000 { latency.record(1000 + next() % 1_000_000) }
    for _ in 0..<100 { latency.record(5_000_000 + next() % 100_000_000) }
    latency.record(0, times: 3)
    var size = LatencyHistogram()
    for _ in 0..<70 { size.record(next() % 64) }
    return IterationRecord(
      index: index, kind: .measured, startedUptimeNs: UInt64(index + 10) * 1_000_000_000,
      phases: [
        PhaseRecord(
          name: "read", durationNs: 500_000_000, drainNs: 0,
          histograms: [
            HistogramRecord(
              metric: "block.device", labels: ["dev": "vda", "op": "a,b \"c\""], histogram: latency),
            HistogramRecord(metric: "block.size", unit: "KiB", histogram: size),
          ])
      ])
  }
  var dropped = iterations[0]
  dropped.dropped = "too hot"
  return RunRecord(
    id: "run-1", created: Date(timeIntervalSince1970: 1_790_000_000), toolVersion: "0.1.0",
    target: "board",
    device: DeviceFacts(name: "board", serial: "s1", model: "", transport: "adb", abi: "arm64"),
    firmware: FirmwareIdentity(
      name: "nightly", id: "b7", fingerprint: "", kernelRelease: "", kernelBuildID: ""),
    boot: BootFacts(bootID: "b", uptimeSeconds: 8), suite: "storage", workload: "w",
    iterations: iterations + [dropped])
}()

let run = RecordedRun(record)

/// The latency over all iterations.
let latency = run.metrics[0].total

func bytes(_ name: String) throws -> [UInt8] {
  guard let format = HistogramFormats.all.first(where: { $0.name == name }) else {
    throw ExchangeError("no format \(name)")
  }
  return try format.bytes([run])
}
