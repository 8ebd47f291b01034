import Foundation
import RunRecords

/// A small record; all that a test does not name is alike.
func run(
  _ id: String, build: String = "b1", minute: Int = 0, suite: String = "storage",
  target: String = "board", experiment: ExperimentPlace? = nil, invalid: [InvalidMark] = []
) -> RunRecord {
  RunRecord(
    id: id, created: Date(timeIntervalSince1970: 1_790_000_000 + 60 * Double(minute)),
    toolVersion: "0.1.0", experiment: experiment, target: target,
    device: DeviceFacts(
      name: "board", serial: "s1", model: "model", transport: "adb", abi: "arm64"),
    firmware: FirmwareIdentity(
      name: "firmware-\(build)", id: build, fingerprint: "f", kernelRelease: "6.1.0",
      kernelBuildID: "00ff"),
    boot: BootFacts(bootID: "boot-\(id)", uptimeSeconds: 60), suite: suite, workload: "write",
    iterations: [
      IterationRecord(
        index: 0, kind: .measured, startedUptimeNs: 5,
        phases: [
          PhaseRecord(
            name: "write", durationNs: 1, drainNs: 0,
            scalars: [ScalarRecord(metric: "time", unit: "ms", value: 0.1, better: .lower)])
        ])
    ], invalid: invalid)
}
