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
        /* Written by latgate from the tables of probe x. */
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

  @Test func singleEventsAreCountedWhereTheyHappen() throws {
    let text = try text(
      """
        - metric: x.bytes
          kind: counter
          help: h
          unit: B
          at:
            - {event: s/one, fields: {size: arg1, op: arg0}}
            - {event: s/two, fields: {size: arg0, op: arg2}}
          where: {op: 3}
          by: [tid]
          sum: size
          key: [{field: class, size: 4}, {field: op, size: 4}]
        - metric: x.size
          help: h
          unit: B
          at: [{event: s/one, fields: {size: arg1}, labels: {k: 1}}]
          value: size
          key: [{field: k, size: 4, values: {0: a, 1: b}}]
        - metric: x.all
          kind: counter
          help: h
          unit: "{events}"
          at: [{event: s/one}]
      """)
    #expect(text.contains("#define LG_METRICS 3\n#define LG_NEST_LEVELS 4\n#include"))
    #expect(text.contains("LG_COUNT_LABELS(c_x_bytes, struct x_bytes_label, 64);"))
    #expect(text.contains("LG_HIST_ARRAY(h_x_size, 2);") && !text.contains(" s_x_"))
    #expect(
      text.contains(
        """
        static __always_inline void x_bytes_1_happens(u32 word, u32 op, u64 size)
        {
        \tstruct lg_counters *c = lg_metric(0);
        \tu32 class_ = lg_class_current();

        \tif (!lg_happens(word, class_, c))
        \t\treturn;
        \t{
        \t\tstruct x_bytes_label label = {.class_ = class_, .op_ = op};

        \t\tlg_record_count(lg_count_of(&c_x_bytes, &label), size, c);
        \t}
        }
        """), "\(text)")
    #expect(text.contains("\tlg_record_value(lg_hist_at(&h_x_size, 1), size, c);"))
    #expect(text.contains("\tlg_record_count(lg_count_at(&c_x_all, 0), 1, c);"))
    #expect(
      text.contains(
        """
        \tlg_nest_enter();
        \tif (op == 3)
        \t\tx_bytes_0_happens(word, op, size);
        \tx_size_happens(word, size);
        \tx_all_happens(word);
        \tlg_nest_leave();
        """), "\(text)")
    #expect(text.contains("LG_TRACEPOINT_PROGRAMS(one, opt0_2_3_one, on_one(ctx[1], ctx[0]))"))
  }

  @Test func stacksAreTakenWhereAnOperationBegins() throws {
    let text = try text(
      """
        - metric: x.waits
          kind: stacks
          help: h
          unit: ns
          spans: [{from: {event: s/begin}, to: {event: s/end}}]
          by: [tid]
          limits: {traces: 9}
        - metric: x.calls
          kind: stacks
          help: h
          unit: "{calls}"
          at: [{event: s/one, fields: {op: arg0}}]
          stack: kernel
          key: [{field: op, size: 4}]
      """)
    for part in [
      "LG_KERNEL_TRACES(t_x_waits_kernel, 9);", "LG_USER_TRACES(t_x_waits_user, 9);",
      "LG_KERNEL_TRACES(t_x_calls_kernel, 4096);",
      "static __always_inline void x_waits_begins(void *ctx, u32 word)",
      "static __always_inline void x_waits_ends(u32 word)",
      "LG_TRACEPOINT_PROGRAMS(begin, opt0_begin, on_begin(ctx))",
      "LG_TRACEPOINT_PROGRAMS(end, opt0_end, on_end())",
      "LG_TRACEPOINT_PROGRAMS(one, opt1_one, on_one(ctx, ctx[0]))",
      "x_calls_happens(ctx, word, op);",
      "{.kernel = bpf_get_stackid(ctx, &t_x_calls_kernel, 0), .op_ = op};",
      "lg_record_span_count(lg_count_of(&k_x_waits, &key), &span, c);",
      "bpf_map_delete_elem(&s_x_waits_stack, &operation);",
    ] {
      #expect(text.contains(part), "\(part)\n\(text)")
    }
    #expect(!text.contains("t_x_calls_user"))
  }

  @Test func rowsAreFilledInColumnByColumn() throws {
    let text = try text(
      """
        - metric: x.slow
          kind: events
          help: h
          unit: "{rows}"
          spans:
            - from: {event: s/begin}
              to: {event: s/end, fields: {dev: arg0, name: arg1.thing.name}}
          by: [tid]
          slower_than: 10us
          columns: [{name: time}, {name: duration}, {name: dev, kind: block-device},
            {name: name, kind: text}, {name: comm}, {name: pid}]
      """)
    #expect(text.contains("#define LG_METRICS 1\n#define LG_ROWS\n"))
    #expect(
      text.contains(
        """
        struct x_slow_row {
        \tu64 time_ns;
        \tu64 duration_;
        \tu64 dev_;
        \tchar name_[LG_NAME_LEN];
        \tchar comm_[LG_COMM_LEN];
        \tu64 pid_;
        };

        LG_ROW_ARRAY(e_x_slow, struct x_slow_row, 256);
        """), "\(text)")
    #expect(
      text.contains(
        """
        \tif (c && lg_end_key(&s_x_slow, &operation, word, now, c, &span)) {
        \t\tstruct x_slow_row *row = lg_record_span_row(&e_x_slow, 0, &span, 10000ULL, c);

        \t\tif (row) {
        \t\t\trow->time_ns = now - lg_window_opened_ns;
        \t\t\trow->duration_ = span.duration_ns;
        \t\t\trow->dev_ = dev;
        """), "\(text)")
    #expect(text.contains("bpf_get_current_comm(row->comm_, sizeof(row->comm_));"))
    #expect(text.contains("lg_read_pointer((const struct thing___span *)name, name)"))
  }
}
