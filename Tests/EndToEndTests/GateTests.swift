import Foundation
import Testing

/// The gates on a device that really misbehaves.
@Suite(.serialized, .enabled(if: Tool.isEnabled, "needs a built tool: run ci/test"))
struct GateTests {
  /// A probe that does nothing, slowly, at every system call.
  private static let greedyProgram = """
    // SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
    #define LG_METRICS 1
    #include "probe.h"

    LG_HIST_ARRAY(h_greedy_nothing, 1);

    SEC("raw_tp/sys_enter")
    int BPF_PROG(sys_enter__raw_tp, struct pt_regs *regs, long nr)
    {
    	if (!lg_window_now())
    		return 0;
    	for (u32 i = 0; i < 2000; i++)
    		__asm__ volatile("" : "+r"(i));
    	return 0;
    }
    """

  private static let greedyManifest = """
    probe: greedy
    title: Nothing, slowly
    question: Does the overhead gate work?
    object: greedy.bpf.c
    cost: high
    privacy: none
    compared_with: nothing
    t0: []
    metrics:
      - metric: greedy.nothing
        help: never recorded
        unit: ns
        map: h_greedy_nothing
        counters: 0
        key:
          - field: index
            size: 4
            values: {0: all}
    """

  @Test func anExpensiveProbeMakesTheRunInvalidAndIsNamed() async throws {
    let share = try TestShare()
    let results = try TemporaryDirectory()
    try share.write(Self.greedyProgram, to: "bpf/greedy.bpf.c")
    try share.write(Self.greedyManifest, to: "bpf/greedy.yaml")
    try share.write(
      """
      suite: greedy
      description: one probe costs too much
      device: virtual
      workload: smoke
      probes: [runqueue, greedy]
      reference: reference
      iterations: 1
      settle: {limit: 60s, quiet: 500ms, uptime_min: 1s, cpu_busy_max: 100%, cpu_pressure_max: 100%}
      overhead: {slowdown_max: 50%, cpu_max: 100%, iterations: 3}
      """, to: "targets/suites/greedy.yaml")
    let tool = Tool(share: share.path)
    let directory = results.path
    let made = try await Bench.shared.alone {
      try await tool.run("run", "greedy", "--output", directory, within: .seconds(180))
    }
    #expect(made.exitCode == 3, "\(made.errors)\n\(made.output)")
    #expect(made.output.contains("the run is invalid: probes slow the workload by"))
    let record = try Record.only(in: directory)
    try #require(record.invalid.count == 1)
    #expect(record.invalid[0].reason.contains("95% interval"))
    #expect(record.invalid[0].reason.contains("drop probe greedy first"))
    #expect(record.invalid[0].reason.contains("sys_enter__raw_tp"))
  }

  /// A bench whose CPU is throttled: an emulator that gives some boots of the candidate half, and
  /// others a quarter, of the speed.
  @Test func aThrottledArmIsInconclusiveAndNoRegression() async throws {
    let share = try TestShare()
    let results = try TemporaryDirectory()
    try share.edit(
      "targets/devices/virtual.yaml", "  same-again:",
      "  throttled:\n    extends: reference\n    cmdline: bench=throttled\n  same-again:")
    try share.write(
      """
      #!/bin/sh
      PATH=${PATH#*:}
      case "$*" in
      *bench=throttled*)
        boot=1
        until mkdir "\(share.path)/boot-$boot" 2>/dev/null; do boot=$((boot + 1)); done
        shift_=$((2 + boot % 2))
        left=$#
        while [ $left -gt 0 ]; do
          word=$1
          shift
          case $word in shift=1,*) word=shift=$shift_,sleep=on ;; esac
          set -- "$@" "$word"
          left=$((left - 1))
        done
        ;;
      esac
      exec qemu-system-aarch64 "$@"
      """, to: "programs/qemu-system-aarch64", mode: 0o755)
    let tool = Tool(share: share.path, programs: "\(share.path)/programs")
    let directory = results.path
    let made = try await Bench.shared.alone {
      try await tool.run(
        "check", "smoke", "--candidate", "throttled", "--runs", "3", "--most-runs", "3",
        "--output", directory, within: .seconds(300))
    }
    #expect(made.exitCode == 2, "\(made.errors)\n\(made.output)")
    #expect(made.output.hasPrefix("INCONCLUSIVE machine speed: reference"))
    let text = made.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(text.contains("the bench changed during the experiment (throttling?)"))
    #expect(text.contains("nothing can be concluded"))
  }

  private static let limits = "/sys/devices/system/cpu/cpufreq"
  private static let thermal = "/sys/class/thermal"

  @Test func limitsAndHeatAreSeen() async throws {
    let share = try TestShare()
    try share.edit(
      "targets/devices/virtual.yaml", "stability:", "stability:\n  temperature_band: {max: 38C}")
    try share.edit("targets/suites/smoke.yaml", "limit: 60s,", "limit: 60s, iteration_limit: 4s,")
    try share.write(
      """
      workload: sinking
      description: lowers the CPU's frequency limit in its phase
      warmup: 0
      phases:
        - phase: sink
          steps:
            - shell: echo 900000 >\(Self.limits)/policy0/scaling_max_freq
      """, to: "targets/workloads/sinking.yaml")
    let tool = Tool(share: share.path)
    try await DetachedDevice.with(tool: tool) { device in
      // What the emulated machine does not have.
      let stub = """
        mount -t tmpfs stub \(Self.limits) && mkdir \(Self.limits)/policy0
        echo 1000000 >\(Self.limits)/policy0/scaling_max_freq
        echo 1000000 >\(Self.limits)/policy0/cpuinfo_max_freq
        mount -t tmpfs stub \(Self.thermal) && mkdir \(Self.thermal)/thermal_zone0
        echo cpu >\(Self.thermal)/thermal_zone0/type
        echo 30000 >\(Self.thermal)/thermal_zone0/temp; echo made
        """
      try #require(try await device.shell(stub).contains("made"))
      func measured(_ more: String..., exitCode: Int32 = 0) async throws -> Record {
        let results = try TemporaryDirectory()
        let made = try await tool.start(
          ["run", "smoke", "--device", device.name, "--output", results.path] + more
        ).end(within: .seconds(120))
        try #require(made.exitCode == exitCode, "\(made.errors)\n\(made.output)")
        return try Record.only(in: results.path)
      }
      let cool = try await measured()
      #expect(cool.measured.allSatisfy { $0.dropped == nil })
      #expect(cool.measured.first?.covariates["temperature_celsius"] == 30)
      #expect(cool.measured.first?.covariates["policy0_frequency_limit_khz"] == 1_000_000)

      // A run whose iterations are all dropped measured nothing.
      let sunk = try await measured("--workload", "sinking", "--iterations", "2", exitCode: 3)
      #expect(sunk.measured.map(\.dropCause) == ["frequency limit", "frequency limit"])
      #expect(
        sunk.measured.first?.dropped
          == "policy0 may run at 900000 kHz, at 1000000 kHz when the run began")
      // Low from the first look on: as the firmware wants it.
      #expect(try await measured().measured.allSatisfy { $0.dropped == nil })

      _ = try await device.shell("echo 50000 >\(Self.thermal)/thermal_zone0/temp")
      let hot = try await measured(exitCode: 3)
      #expect(hot.measured.map(\.dropCause) == ["temperature"])
      #expect(hot.phases.isEmpty)
    }
  }
}
