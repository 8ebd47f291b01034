import Foundation
import LatencyHistograms
import RunRecords

/// A record with every field set once.
func sampleRecord() -> RunRecord {
  var histogram = LatencyHistogram()
  histogram.record(10, times: 2)
  histogram.record(1_000_000)
  return RunRecord(
    id: "0001", created: Date(timeIntervalSince1970: 1_790_000_000), toolVersion: "0.1.0",
    experiment: ExperimentPlace(id: "e1", arm: .candidate, order: 3, stage: .confirm),
    target: "virt",
    device: DeviceFacts(
      name: "v0", serial: "emulator-0", model: "virt", transport: "virtual", abi: "arm64"),
    firmware: FirmwareIdentity(
      name: "new", id: "b2", fingerprint: "virt/b2", kernelRelease: "6.1.0",
      kernelBuildID: "00ff"),
    flash: FlashFacts(id: "f7"), boot: BootFacts(bootID: "b-1", uptimeSeconds: 61.5),
    suite: "storage", workload: "write",
    probes: [
      ProbeRecord(
        name: "block", status: .loaded, tier: .t2,
        hooks: [
          HookRecord(hook: "block_rq_issue", rung: "raw_tp", program: "issue", why: "no BTF id")
        ]),
      ProbeRecord(name: "binder", status: .unsupported, reason: "no binder"),
    ],
    iterations: [
      IterationRecord(
        index: 0, kind: .measured, startedUptimeNs: 62_000_000_000,
        phases: [
          PhaseRecord(
            name: "write", durationNs: 1_000_000_000, drainNs: 2_000_000,
            histograms: [
              HistogramRecord(
                metric: "block.device", labels: ["op": "write", "dev": "vdb"],
                histogram: histogram)
            ],
            counters: [
              CounterRecord(
                metric: "memory.faults", labels: ["class": "user"], unit: "{faults}", count: 7,
                sum: 7)
            ],
            events: [
              EventsRecord(
                metric: "block.slow",
                columns: [
                  .init(name: "time", unit: "ns"), .init(name: "dev"), .init(name: "sector"),
                ],
                rows: [
                  [.number(5), .text("vdb"), .number(.max)],
                  [.number(9), .text("8:0"), .number(0)],
                ], dropped: 2)
            ],
            stacks: [
              StacksRecord(
                metric: "offcpu.stacks", unit: "ns",
                stacks: [
                  .init(
                    count: 1, sum: 5000, kernel: ["ffffffff81000010"],
                    user: [.init(buildID: "00ff", address: "1f0"), .init(address: "7f0000001000")])
                ], dropped: 0)
            ],
            losses: [LossRecord(metric: "block.device", started: 4, recorded: 3, censored: 1)],
            scalars: [ScalarRecord(metric: "bw", unit: "MiB/s", value: 12.5, better: .higher)],
            steps: [StepRecord(command: "dd", exitCode: 0, durationNs: 900_000_000)])
        ],
        covariates: ["temp_c": 40], notes: ["governor": "performance"]),
      IterationRecord(
        index: 1, kind: .measured, startedUptimeNs: 64_000_000_000, dropped: "thermal"),
    ],
    overhead: OverheadRecord(
      programs: [
        ProgramCost(probe: "block", program: "issue", runs: 10, ns: 1000, recursionMisses: 0)
      ], cpuShare: 0.01, slowdown: 0.02),
    invalid: [InvalidMark(probe: "binder", reason: "no binder")])
}
