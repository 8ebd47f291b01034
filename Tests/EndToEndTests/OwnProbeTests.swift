import Foundation
import Testing

/// A probe of a user's own directory, outside of the share directory: listed, built, run and judged
/// as those that come with the tool.
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

  /// No program of its own, a span that no kernel has, and results of every kind.
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
      - metric: table.calls
        kind: counter
        help: entries, and the sum of their numbers
        unit: "{calls}"
        at: [{event: raw_syscalls/sys_enter, fields: {id: arg1}}]
        by: [tid]
        sum: id
      - metric: table.number
        help: numbers of calls
        unit: "1"
        at: [{event: raw_syscalls/sys_enter, fields: {id: arg1}}]
        by: [tid]
        value: id
        key: [{field: class, size: 4, values: {0: workload, 1: user, 2: kernel}}]
      - metric: table.first
        kind: events
        help: the first calls of each CPU
        unit: "{calls}"
        at: [{event: raw_syscalls/sys_enter, fields: {id: arg1}}]
        columns: [{name: time}, {name: call, from: id, kind: syscall}, {name: comm}, {name: tid}]
        keep: 3
      - metric: table.slow
        kind: events
        help: calls of at least 1 ms
        unit: "{calls}"
        spans:
          - from: {event: raw_syscalls/sys_enter}
            to: {event: raw_syscalls/sys_exit}
        by: [tid]
        slower_than: 1ms
        columns: [{name: time}, {name: duration}, {name: class}]
        keep: 4096
      - metric: table.callers
        kind: stacks
        help: who calls
        unit: "{calls}"
        at: [{event: raw_syscalls/sys_enter, fields: {id: arg1}}]
        limits: {labels: 16384, traces: 8192}
        key: [{field: class, size: 4, values: {0: workload, 1: user, 2: kernel}}]
      - metric: table.waits
        kind: stacks
        help: time in the kernel by who calls
        unit: ns
        spans:
          - from: {event: raw_syscalls/sys_enter}
            to: {event: raw_syscalls/sys_exit}
        by: [tid]
        stack: user

    """

  /// Adds a file to the user's own, below `path`.
  private func write(_ text: String, to file: String, in path: String) throws {
    let url = URL(fileURLWithPath: "\(path)/latgate/\(file)")
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
  }

  @Test func aProbeInOneYAMLFileCountsWhatTheWorkloadDoes() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    try write(Self.table, to: "bpf/table.yaml", in: path)
    try write(Self.workload, to: "targets/workloads/own.yaml", in: path)
    try write(
      Self.suite.replacing("probes: [own]", with: "probes: [table]"), to: "targets/suites/own.yaml",
      in: path)
    let tool = Tool(configuration: path)
    let source = try await tool.run("probes", "--source", "table")
    #expect(source.exitCode == 0, "\(source.errors)")
    #expect(source.output.contains("on_sys_enter(ctx, ctx[1])"))
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
    try expectResultsOfEveryKind(of: try #require(record.phases.first))
    #expect(made.output.contains("table.calls@calls") && made.output.contains("per second"))
    #expect(made.output.contains("table.first@calls"), "\(made.output)")
  }

  /// One hook serves all metrics, so that they saw the same calls.
  private func expectResultsOfEveryKind(of phase: Record.Phase) throws {
    func loss(_ metric: String) throws -> Record.Loss {
      try #require(phase.losses.first { $0.metric == metric })
    }
    func results(_ metric: String) -> [Record.Result] {
      phase.results.filter { $0.metric == metric }
    }
    let started = try loss("table.call").started
    for metric in ["table.calls", "table.number", "table.first", "table.slow", "table.callers"] {
      #expect(try loss(metric).started == started, "\(metric)")
    }
    let counter = try #require(results("table.calls").first)
    #expect(counter.kind == "counter" && counter.count == started)
    let numbers = results("table.number")
    #expect(numbers.allSatisfy { $0.kind == "histogram" })
    #expect(numbers.reduce(0) { $0 + ($1.count ?? 0) } == started)
    #expect(numbers.reduce(0) { $0 + ($1.sum ?? 0) } == counter.sum)

    let first = try #require(results("table.first").first)
    let rows = try #require(first.rows)
    #expect(first.columns?.map(\.name) == ["time", "call", "comm", "tid"])
    #expect((1...3 * ProcessInfo.processInfo.processorCount).contains(rows.count))
    #expect(UInt64(rows.count) + (first.dropped ?? 0) == started)
    for row in rows {
      guard case .text(let comm) = row[2], case .number(let tid) = row[3] else {
        Issue.record("\(row)")
        continue
      }
      #expect(!comm.isEmpty && tid > 0)
    }
    let callers = results("table.callers")
    let stacks = callers.flatMap { $0.stacks ?? [] }
    #expect(try stacks.reduce(0) { $0 + $1.count } == loss("table.callers").recorded)
    let calls = try #require(
      callers.first { $0.labels == ["class": "workload"] }?.stacks?.max { $0.count < $1.count })
    #expect(calls.count >= 19_000 && !calls.kernel.isEmpty && !calls.user.isEmpty)
    let waits = results("table.waits").flatMap { $0.stacks ?? [] }
    #expect(try waits.reduce(0) { $0 + $1.count } == loss("table.waits").recorded)
    #expect(waits.contains { $0.sum > 0 && !$0.user.isEmpty } && waits.allSatisfy(\.kernel.isEmpty))

    let slow = try #require(results("table.slow").first)
    for row in slow.rows ?? [] {
      guard case .number(let duration) = row[1] else {
        Issue.record("\(row)")
        continue
      }
      #expect(duration >= 1_000_000)
    }
    #expect(
      UInt64(slow.rows?.count ?? 0) + (slow.dropped ?? 0) == (try loss("table.slow").recorded))
  }

  @Test func aProbeOfTheUsersOwnDirectoryIsListedBuiltRunAndJudged() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
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

    // While it is written: as it is, and with what the verifier refuses.
    let program = "\(path)/latgate/bpf/own.bpf.c"
    let tried = try await tool.run("probe", "try", program, "--for", "100ms")
    // Few call it.
    #expect(
      tried.output.contains("own.call") || tried.output.contains("no probe saw an event"),
      "\(tried.errors)\(tried.output)")
    let unchecked = "*(u32 *)bpf_map_lookup_elem(&s_own, &tid) = 1;"
    let lines = Self.program.replacing(
      "if (!word || !c ||", with: unchecked + "\n\tif (!word || !c ||")
    try write(lines, to: "bpf/own.bpf.c")
    let refused = try await tool.run("probe", "try", program, "--for", "100ms")
    #expect(refused.exitCode == 3)
    let number = lines.split(separator: "\n", omittingEmptySubsequences: false)
      .firstIndex { $0.contains(unchecked) }
    #expect(
      refused.errors.contains("where: own.bpf.c:\((number ?? 0) + 1)\n  | \(unchecked)\n"),
      "\(refused.errors)")
    #expect(refused.errors.contains("invalid mem access 'map_value_or_null'"), "\(refused.errors)")

    try write("#error not a header\n", to: "bpf/own.h")
    let broken = try await tool.run("build", "--abi", "arm64", "--probe", "own")
    #expect(broken.exitCode == 65)
    #expect(broken.errors.contains("\(path)/latgate/bpf/own.bpf.c"), "\(broken.errors)")
  }
}
