import Foundation
import Testing

/// A probe of a user's own folder, outside of the share folder: listed, built, run and judged as
/// those that come with the tool.
@Suite(.serialized, .enabled(if: Tool.isEnabled, "needs a built tool: run ci/test"))
struct OwnProbeTests {
  private static let program = """
    // SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
    #define LG_METRICS 1
    #include "probe.h"
    #include "own.h"

    LG_HIST_ARRAY(h_own_call, 3);

    struct {
    	__uint(type, BPF_MAP_TYPE_HASH);
    	__uint(max_entries, 4096);
    	__type(key, u32);
    	__type(value, struct lg_stamp);
    } s_own SEC(".maps");

    static __always_inline int begun(long nr)
    {
    	u32 word = lg_window_now(), tid = bpf_get_current_pid_tgid();

    	if (word && nr == OWN_CALL)
    		lg_start_key(&s_own, &tid, word, bpf_ktime_get_ns(), lg_class_current(),
    			     lg_metric(0));
    	return 0;
    }

    static __always_inline int ended(void)
    {
    	u32 word = lg_window_now(), tid = bpf_get_current_pid_tgid();
    	struct lg_counters *c = lg_metric(0);
    	struct lg_span span;

    	if (!word || !c || !bpf_map_lookup_elem(&s_own, &tid))
    		return 0;
    	if (lg_end_key(&s_own, &tid, word, bpf_ktime_get_ns(), c, &span))
    		lg_record(lg_hist_at(&h_own_call, span.class_), &span, c);
    	return 0;
    }

    LG_TRACEPOINT(sys_enter, begun(nr), struct pt_regs *regs, long nr)
    LG_TRACEPOINT(sys_exit, ended())

    """

  private static let header = """
    /* The number of getppid. */
    #if defined(__TARGET_ARCH_x86)
    enum { OWN_CALL = 110 };
    #elif defined(__TARGET_ARCH_arm64)
    enum { OWN_CALL = 173 };
    #else
    enum { OWN_CALL = 64 };
    #endif

    """

  private static let manifest = """
    probe: own
    title: Calls of getppid
    question: How long does a call take that does next to nothing?
    object: own.bpf.c
    cost: high
    privacy: none
    related: [runqueue]
    metrics:
      - metric: own.call
        help: time from entry to return
        unit: ns
        map: h_own_call
        counters: 0
        key:
          - field: class
            size: 4
            values: {0: workload, 1: user, 2: kernel}

    """

  private static let workload = """
    workload: own
    warmup: 0
    phases:
      - phase: calls
        preroll: 20ms
        steps:
          - run: latgate-load syscall --ops 20000

    """

  private static let suite = """
    suite: own
    device: local
    workload: own
    probes: [own]
    iterations: 1
    settle:
      {limit: 60s, quiet: 100ms, uptime_min: 0s, cpu_pressure_max: 100%, cpu_busy_max: 100%}
    overhead: {iterations: 0}

    """

  /// No program of its own, and a span that no kernel has.
  private static let table = """
    probe: table
    title: Calls into the kernel
    question: How long are threads in the kernel?
    cost: high
    privacy: none
    metrics:
      - metric: table.call
        help: time from entry to return
        unit: ns
        spans:
          - from: {event: raw_syscalls/sys_enter}
            to: {event: raw_syscalls/sys_exit}
            labels: {kind: 0}
          - from: {event: sched/not_in_any_kernel}
            to: {event: sched/not_there_either}
            optional: true
            labels: {kind: 1}
        by: [tid]
        key:
          - field: kind
            size: 4
            values: {0: call, 1: nothing}
          - field: class
            size: 4
            values: {0: workload, 1: user, 2: kernel}

    """

  /// Adds a file to the user's own, below `path`.
  private func write(_ text: String, to file: String, in path: String) throws {
    let url = URL(fileURLWithPath: "\(path)/latgate/\(file)")
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
  }

  @Test func aProbeInOneYAMLFileCountsWhatTheWorkloadDoes() async throws {
    let folder = try TemporaryFolder()
    let path = folder.path
    try write(Self.table, to: "bpf/table.yaml", in: path)
    try write(Self.workload, to: "targets/workloads/own.yaml", in: path)
    try write(
      Self.suite.replacing("probes: [own]", with: "probes: [table]"), to: "targets/suites/own.yaml",
      in: path)
    let tool = Tool(configuration: path)
    let source = try await tool.run("probes", "--source", "table")
    #expect(source.exitCode == 0, "\(source.errors)")
    #expect(source.output.contains("LG_TRACEPOINT(sys_enter, on_sys_enter())"))
    let made = try await tool.run(
      "run", "own", "--device", "local", "--output", "\(path)/run", within: .seconds(180))
    try #require(made.exitCode == 0, "\(made.errors)\(made.output)")
    let record = try Record.only(in: "\(path)/run")
    let labels = ["kind": "call", "class": "workload"]
    #expect(record.count("table.call", labels, in: "calls") >= 20_000)
    #expect(record.count("table.call", ["kind": "nothing"], in: "calls") == 0)
    for loss in record.phases.flatMap(\.losses) {
      #expect(loss.started == loss.recorded + loss.overwritten + loss.cancelled + loss.censored)
    }
  }

  @Test func aProbeOfTheUsersOwnFolderIsListedBuiltRunAndJudged() async throws {
    let folder = try TemporaryFolder()
    let path = folder.path
    func write(_ text: String, to file: String) throws { try self.write(text, to: file, in: path) }
    try write(Self.program, to: "bpf/own.bpf.c")
    try write(Self.header, to: "bpf/own.h")
    try write(Self.manifest, to: "bpf/own.yaml")
    try write(Self.workload, to: "targets/workloads/own.yaml")
    try write(Self.suite, to: "targets/suites/own.yaml")
    let tool = Tool(configuration: path)

    let listed = try await tool.run("probes", "--format", "json")
    #expect(listed.exitCode == 0, "\(listed.errors)")
    #expect(listed.output.contains("\"own.call\""), "\(listed.output)")
    let built = try await tool.run("build", "--abi", "arm64", "--probe", "own")
    #expect(built.exitCode == 0, "\(built.errors)")
    #expect(built.output.contains("arm64: probe own "), "\(built.output)")

    for arm in ["reference", "candidate"] {
      for _ in 1...3 {
        let made = try await tool.run(
          "run", "own", "--device", "local", "--firmware", arm, "--output", "\(path)/\(arm)",
          within: .seconds(180))
        try #require(made.exitCode == 0, "\(made.errors)")
      }
    }
    let name = try #require(
      try FileManager.default.contentsOfDirectory(atPath: "\(path)/reference").first)
    let record = try Record.read("\(path)/reference/\(name)")
    #expect(record.count("own.call", ["class": "workload"], in: "calls") >= 20_000)
    for loss in record.phases.flatMap(\.losses) {
      #expect(loss.started == loss.recorded + loss.overwritten + loss.cancelled + loss.censored)
    }
    let judged = try await tool.run(
      "compare", "--reference", "\(path)/reference", "--candidate", "\(path)/candidate", "--aa",
      "--all")
    // What a busy host does to it is not asked; that it is judged at all is.
    #expect([0, 1, 2].contains(judged.exitCode), "\(judged.errors)")
    #expect(judged.output.contains("own.call{class=workload}@calls"), "\(judged.output)")

    try write("#error not a header\n", to: "bpf/own.h")
    let broken = try await tool.run("build", "--abi", "arm64", "--probe", "own")
    #expect(broken.exitCode == 65)
    #expect(broken.errors.contains("\(path)/latgate/bpf/own.bpf.c"), "\(broken.errors)")
  }
}
