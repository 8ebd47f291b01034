import Catalogs
import ProbePrograms
import Testing

@Suite struct ProbeProgramTests {
  private func text(_ metrics: String) throws -> String {
    try #require(ProbeProgram(try TestManifest.parse(metrics: metrics))?.text)
  }

  @Test func aProbeWithASourceHasNoWrittenProgram() throws {
    let manifest = """
      probe: x
      title: T
      question: Q?
      object: x.bpf.c
      cost: low
      privacy: none
      metrics: [{metric: x.a, help: h, unit: ns, map: h_x_a, counters: 0}]
      """
    #expect(ProbeProgram(try ProbeManifest.parse(manifest, file: "x.yaml")) == nil)
  }

  @Test func operationsOfThreadsAreTiedByThread() throws {
    let text = try text(
      """
        - metric: x.wait
          help: h
          unit: ns
          spans: [{from: {event: s/begin}, to: {event: s/end}}]
          by: [tid]
          key: [{field: class, size: 4, values: {0: workload, 1: user, 2: kernel}}]
      """)
    #expect(
      text == """
        // SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
        /* Written by latgate from the spans of probe x. */
        #define LG_METRICS 1
        #include "probe.h"

        LG_HIST_ARRAY(h_x_wait, 3);

        struct x_wait_operation {
        \tu32 tid_;
        };

        struct {
        \t__uint(type, BPF_MAP_TYPE_HASH);
        \t__uint(max_entries, 8192);
        \t__type(key, struct x_wait_operation);
        \t__type(value, struct lg_stamp);
        } s_x_wait SEC(".maps");

        static __always_inline void x_wait_begins(u32 word)
        {
        \tstruct x_wait_operation operation = {.tid_ = bpf_get_current_pid_tgid()};

        \tlg_start_key(&s_x_wait, &operation, word, bpf_ktime_get_ns(), lg_class_current(),
        \t\t     lg_metric(0));
        }

        static __always_inline void x_wait_ends(u32 word)
        {
        \tu64 now = bpf_ktime_get_ns();
        \tstruct x_wait_operation operation = {.tid_ = bpf_get_current_pid_tgid()};
        \tstruct lg_counters *c = lg_metric(0);
        \tstruct lg_span span;

        \tif (c && lg_end_key(&s_x_wait, &operation, word, now, c, &span))
        \t\tlg_record(lg_hist_at(&h_x_wait, span.class_), &span, c);
        }

        static __always_inline int on_begin(void)
        {
        \tu32 word = lg_window_now();

        \tif (!word)
        \t\treturn 0;
        \tx_wait_begins(word);
        \treturn 0;
        }

        LG_TRACEPOINT(begin, on_begin())

        static __always_inline int on_end(void)
        {
        \tu32 word = lg_window_now();

        \tif (!word)
        \t\treturn 0;
        \tx_wait_ends(word);
        \treturn 0;
        }

        LG_TRACEPOINT(end, on_end())

        """)
  }

  @Test func oneHookMayEndAnOperationAndBeginAnother() throws {
    let metrics = [("x.delay", "raise", "entry"), ("x.run", "entry", "exit")].map {
      """
        - metric: \($0.0)
          help: h
          unit: ns
          spans:
            - from: {event: irq/\($0.1), fields: {vec: arg0}}
              to: {event: irq/\($0.2), fields: {vec: arg0}}
          by: [cpu, vec]
          where: {vec: [1, 3]}
          key: [{field: vec, size: 4}]
      """
    }
    let text = try text(metrics.joined(separator: "\n"))
    #expect(text.contains("#define LG_METRICS 2"))
    #expect(text.split(separator: "\n").count { $0.hasPrefix("LG_TRACEPOINT_PROGRAMS(") } == 3)
    #expect(
      text.contains("LG_TRACEPOINT_PROGRAMS(entry, opt0_1_entry, on_entry(ctx[0]))"), "\(text)")
    #expect(
      text.contains(
        """
        \tif ((vec == 1 || vec == 3))
        \t\tx_delay_ends(word, vec);
        \tif ((vec == 1 || vec == 3))
        \t\tx_run_begins(word, vec);
        """), "\(text)")
    #expect(text.contains("BPF_MAP_TYPE_PERCPU_HASH"))
  }

  @Test func anEventAsksOfItsOwn() throws {
    let text = try text(
      """
        - metric: x.idle
          help: h
          unit: ns
          spans:
            - from: {event: p/idle, fields: {n: arg1, s: arg0}, where: {s: [0, 1]}}
              to: {event: p/idle, fields: {n: arg1, s: arg0}, where: {s: 4294967295}}
          by: [n]
          repeat: first
          unmatched: ignored
          key: [{field: n, size: 4}]
      """)
    #expect(
      text.contains(
        """
        \tif (s == 4294967295)
        \t\tx_idle_ends(word, n);
        \tif ((s == 0 || s == 1))
        \t\tx_idle_begins(word, n);
        """), "\(text)")
    #expect(
      text.contains(
        "\tif (lg_in_flight(bpf_map_lookup_elem(&s_x_idle, &operation), word))\n\t\treturn;"))
    #expect(
      text.contains(
        "\tif (!lg_stamped(bpf_map_lookup_elem(&s_x_idle, &operation)))\n\t\treturn;"))
  }

  @Test(arguments: [
    ("tid", "lg_cancel_key(&s_x_wait, &operation, word, lg_metric(0));"),
    ("cpu", "if (lg_stamped(stamp))\n\t\tlg_cancel(stamp, word, c);"),
  ])
  func aStartThatCameToNothingIsCancelled(by: String, text expected: String) throws {
    let text = try text(
      """
        - metric: x.wait
          help: h
          unit: ns
          spans: [{from: {event: s/begin}, to: {event: s/end}, labels: {l: 1}}]
          by: [\(by)]
          repeat: last
          key: [{field: l, size: 4}]
      """)
    #expect(text.contains(expected), "\(text)")
  }

  @Test func pointersAreFollowed() throws {
    let text = try text(
      """
        - metric: x.call
          help: h
          unit: ns
          spans:
            - from: {event: m/a, fields: {n: arg1.req.cmd.command.opcode}}
              to: {event: m/b, fields: {n: arg1.req.cmd.command.opcode}}
          by: [n]
          key: [{field: n, size: 4}]
      """)
    #expect(
      text.contains(
        "lg_read_number(command, lg_read_pointer((struct req___span *)ctx[1], cmd), opcode, false)"
      ), "\(text)")
    #expect(text.contains("struct req___span {\n\tconst void *cmd;\n};"))
    #expect(text.contains("struct command___named {\n\tlg_named opcode;\n};"))
  }

  @Test func functionsAndRecordsGiveTheirValues() throws {
    let text = try text(
      """
        - metric: x.call
          help: h
          unit: ns
          spans:
            - from: {function: do_it, fields: {file: arg0}}
              to: {function: go_on, at: entry, fields: {file: arg1, size: arg2.thing.size}}
              optional: true
            - from: {event: s/sent, rungs: [tracepoint], record: parcel, fields: {file: arg0}}
              to: {event: s/got, fields: {file: arg0, size: arg2}}
          by: [file]
          key: [{field: size, size: 4}]
      """)
    #expect(text.contains("SEC(\"kprobe/go_on\")\nint opt0_go_on__kprobe(struct pt_regs *ctx)"))
    #expect(text.contains("SEC(\"kprobe/do_it\")\nint opt0_do_it__kprobe(struct pt_regs *ctx)"))
    #expect(text.contains("struct trace_event_raw_parcel___span {\n\tu32 file;\n};"))
    #expect(text.contains("int sent__tracepoint(struct trace_event_raw_parcel___span *ctx)"))
    #expect(text.contains("return on_sent(lg_read(ctx, file, true));"))
    // A pointer keeps its width, and the key has no gap.
    #expect(text.contains("struct x_call_operation {\n\tu64 file_;\n\tu32 span;\n\tu32 pad;\n};"))
  }
}
