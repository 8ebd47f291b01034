/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "agent_protocol.h"
#include "allow.h"
#include "field_check.h"
#include "frame.h"
#include "attribute.h"
#include "probe_abi.h"
#include "span_declaration.h"

static char why[LG_WHY];

static bool refuses(bool allowed, const char *words)
{
	bool good = !allowed && strstr(why, words);

	if (!good)
		printf("note allow: '%s', not '%s'\n", allowed ? "allowed" : why, words);
	return good;
}

static void test_programs(void)
{
	struct bpf_insn code[] = {
		{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_ktime_get_ns},
		/* The second half of a constant looks like a call that is not on the list. */
		{.code = BPF_LD | BPF_IMM | BPF_DW, .imm = 1},
		{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_probe_write_user},
		{.code = BPF_JMP | BPF_EXIT},
	};
	const char *section = "tp_btf/sched_switch";
	static const int32_t writers[] = {
		BPF_FUNC_probe_write_user, BPF_FUNC_override_return,
		BPF_FUNC_send_signal,	   BPF_FUNC_send_signal_thread,
		BPF_FUNC_trace_printk,	   BPF_FUNC_perf_event_output,
		BPF_FUNC_ringbuf_output,   BPF_FUNC_tail_call,
		BPF_FUNC_get_current_comm, BPF_FUNC_get_current_uid_gid,
		BPF_FUNC_probe_read_user,  BPF_FUNC_d_path,
		BPF_FUNC_sys_bpf,	   BPF_FUNC_probe_read,
	};
	static const uint32_t types[] = {
		BPF_PROG_TYPE_XDP,	     BPF_PROG_TYPE_SCHED_CLS,  BPF_PROG_TYPE_LSM,
		BPF_PROG_TYPE_CGROUP_SKB,    BPF_PROG_TYPE_STRUCT_OPS, BPF_PROG_TYPE_EXT,
		BPF_PROG_TYPE_SOCKET_FILTER, BPF_PROG_TYPE_SYSCALL,    BPF_PROG_TYPE_PERF_EVENT,
	};
	static const char *const sections[] = {
		"tp_btf/sys_enter",
		"raw_tp/sched_process_exec",
		"tracepoint/syscalls/sys_enter_openat",
		"kprobe/security_bpf",
		"lsm/file_open",
		"fentry/do_exit",
		"tracepoint/sched",
		"uprobe//bin/sh:main",
		"xdp",
		"tp_btf/sched_switched",
		"kprobe/commit_creds",
		"tracepoint/tcp/block_rq_issue",
	};
	size_t refused = 0;

	check("allow", "a program that observes",
	      lg_allow_program(section, BPF_PROG_TYPE_TRACING, code, 4, why) &&
		      lg_allow_program("?tracepoint/block/block_rq_issue", BPF_PROG_TYPE_TRACEPOINT,
				       code, 4, why) &&
		      lg_allow_program("kprobe/ext4_sync_file", BPF_PROG_TYPE_KPROBE, code, 4,
				       why));
	for (size_t i = 0; i < sizeof(writers) / sizeof(writers[0]); i++) {
		code[0].imm = writers[i];
		refused += refuses(lg_allow_program(section, BPF_PROG_TYPE_TRACING, code, 4, why),
				   "helper");
	}
	check("allow", "helpers that write, signal, stream or name people", refused == 14);
	code[0].src_reg = BPF_PSEUDO_KFUNC_CALL;
	check("allow", "functions of the kernel",
	      refuses(lg_allow_program(section, BPF_PROG_TYPE_TRACING, code, 4, why), "function"));
	/* Whose instructions nobody looked at; before a load, kernel functions look so, too. */
	code[0] = (struct bpf_insn){
		.code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_CALL, .imm = -1};
	check("allow", "functions beside the program",
	      refuses(lg_allow_program(section, BPF_PROG_TYPE_TRACING, code, 4, why), "function"));
	code[0] = (struct bpf_insn){.code = BPF_JMP | BPF_CALL | BPF_X};
	check("allow", "calls to an address",
	      refuses(lg_allow_program(section, BPF_PROG_TYPE_TRACING, code, 4, why), "function"));
	code[0] = (struct bpf_insn){.code = BPF_JMP | BPF_EXIT};
	/* Before a load the object's own maps are 0 here, and are known by their relocations. */
	code[1].src_reg = BPF_PSEUDO_MAP_FD;
	check("allow", "maps by the number of a descriptor",
	      refuses(lg_allow_program(section, BPF_PROG_TYPE_TRACING, code, 4, why),
		      "not the object's"));
	code[1].src_reg = 0;
	refused = 0;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		refused += refuses(lg_allow_program(section, types[i], code, 4, why), "kind");
	check("allow", "kinds of programs that are not probes", refused == 9);
	refused = 0;
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		refused +=
			refuses(lg_allow_program(sections[i], BPF_PROG_TYPE_TRACING, code, 4, why),
				"attaches");
	check("allow", "what probes do not attach to", refused == 12);
}

static void test_maps(void)
{
	static const uint32_t types[] = {
		BPF_MAP_TYPE_RINGBUF,	   BPF_MAP_TYPE_PERF_EVENT_ARRAY, BPF_MAP_TYPE_PROG_ARRAY,
		BPF_MAP_TYPE_STACK_TRACE,  BPF_MAP_TYPE_SOCKMAP,	  BPF_MAP_TYPE_STRUCT_OPS,
		BPF_MAP_TYPE_USER_RINGBUF,
	};
	size_t refused = 0;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		refused += refuses(lg_allow_map("m", types[i], why), "type");
	check("allow", "maps that keep counts, and no others",
	      refused == 7 && lg_allow_map("m", BPF_MAP_TYPE_PERCPU_HASH, why));
}

/* ---- spans */

static void put_text(struct lg_buffer *out, const char *text)
{
	uint8_t size = (uint8_t)strlen(text);

	lg_buffer_append(out, &size, 1);
	lg_buffer_append(out, text, size);
}

static void put_byte(struct lg_buffer *out, unsigned value)
{
	uint8_t byte = (uint8_t)value;

	lg_buffer_append(out, &byte, 1);
}

static void put_u32(struct lg_buffer *out, uint32_t value)
{
	uint8_t bytes[4];

	lg_store_le(bytes, value, 4);
	lg_buffer_append(out, bytes, 4);
}

/*
 * A metric with one span from `event` of `system` to itself, or one that counts
 * that event, and one label: `field`. Before it there may be an optional span of
 * interrupts.
 */
static struct lg_buffer spans(const char *system, const char *event, const char *field, bool text,
			      bool condition, bool counts, bool second)
{
	struct lg_buffer out = {0};

	put_byte(&out, LG_SPANS_VERSION);
	put_byte(&out, 0);
	put_byte(&out, counts ? LG_KIND_COUNTER : LG_KIND_HISTOGRAM);
	put_byte(&out, counts ? LG_SPANS_SINGLE : LG_SPANS_BY_CPU);
	put_u32(&out, 16);
	put_u32(&out, 16);
	put_text(&out, "a.metric");
	put_byte(&out, 1);
	put_text(&out, field);
	put_byte(&out, text ? LG_SPANS_FIELD_TEXT : 0);
	put_byte(&out, 0);
	put_byte(&out, text ? 0 : LG_SPANS_NONE);
	put_byte(&out, condition);
	if (condition) {
		put_byte(&out, 0);
		put_byte(&out, LG_SPANS_BOTH);
		put_byte(&out, 1);
		put_u32(&out, 1);
		put_u32(&out, 0);
	}
	put_byte(&out, LG_SPANS_NONE);
	/* No rows, no threshold, no columns. */
	for (int i = 0; i < 3; i++)
		put_u32(&out, 0);
	put_byte(&out, 0);
	put_byte(&out, 1);
	put_byte(&out, 1 + second);
	for (int span = !second; span < 2; span++) {
		for (int i = counts; i < 2; i++) {
			put_text(&out, span ? system : "irq");
			put_text(&out, span ? event : "irq_handler_entry");
		}
		put_byte(&out, span ? 0 : LG_SPANS_OPTIONAL);
		put_byte(&out, text || condition ? LG_SPANS_FROM_CONSTANT : 0);
		put_u32(&out, 0);
	}
	return out;
}

static bool allow_bytes(struct lg_buffer bytes)
{
	bool allowed = lg_allow_spans(bytes.data, bytes.size, why);

	lg_buffer_free(&bytes);
	return allowed;
}

static bool allow(const char *system, const char *event, const char *field, bool text,
		  bool condition)
{
	return allow_bytes(spans(system, event, field, text, condition, false, false));
}

static bool allow_counter(void)
{
	return allow_bytes(spans("irq", "softirq_entry", "vec", false, false, true, false));
}

static void test_spans(const char *directory)
{
	static const char *const shipped[] = {"fsync.latency", "hardirq.run", "reclaim.direct"};
	char path[512];
	uint8_t bytes[4096];
	size_t allowed = 0;

	for (size_t i = 0; i < 3; i++) {
		FILE *file;
		size_t size;

		snprintf(path, sizeof(path), "%s/%s.spans", directory, shipped[i]);
		file = fopen(path, "rb");
		if (!file)
			abort();
		size = fread(bytes, 1, sizeof(bytes), file);
		fclose(file);
		if (lg_allow_spans(bytes, size, why))
			allowed++;
		else
			printf("note allow: %s: %s\n", shipped[i], why);
	}
	check("allow", "the spans of latgate's own probes", allowed == 3);
	check("allow", "a label that says nothing of people",
	      allow("irq", "softirq_entry", "vec", false, false));
	check("allow", "events of other systems",
	      refuses(allow("syscalls", "sys_enter_openat", "vec", false, false), "event") &&
		      refuses(allow("sched", "sched_process_exec", "vec", false, false), "event") &&
		      refuses(allow("net", "block_rq_issue", "vec", false, false), "event"));
	check("allow", "labels that name someone",
	      refuses(allow("sched", "sched_switch", "next_pid", false, false), "label next_pid") &&
		      refuses(allow("ext4", "ext4_sync_file_enter", "ino", false, false), "label"));
	check("allow", "names that someone chose",
	      refuses(allow("sched", "sched_switch", "next_comm", true, false), "names of sched") &&
		      allow("irq", "irq_handler_entry", "name", true, false));
	check("allow", "names that someone chose, behind a span that a kernel leaves out",
	      refuses(allow_bytes(spans("sched", "sched_switch", "prev_comm", true, false, false,
					true)),
		      "names of sched") &&
		      allow_bytes(
			      spans("irq", "irq_handler_entry", "name", true, false, false, true)));
	check("allow", "conditions on someone",
	      refuses(allow("sched", "sched_switch", "next_pid", false, true), "condition"));
	check("allow", "what is no duration", refuses(allow_counter(), "only durations"));
	check("allow", "spans that are none", refuses(lg_allow_spans("abc", 3, why), "spans"));
}

/* ---- bundles */

static void hello(struct lg_buffer *out, uint32_t version)
{
	size_t begun = lg_frame_begin(out, LG_MSG_HELLO, 1);

	lg_put_u32(out, LG_ATTR_VERSION, version);
	lg_frame_end(out, begun);
}

static void request(struct lg_buffer *out, uint16_t type, uint32_t sequence, uint32_t metric,
		    uint16_t extra)
{
	size_t begun = lg_frame_begin(out, type, sequence), nested;

	lg_put_text(out, LG_ATTR_PROBE, "fsync");
	if (type == LG_MSG_LOAD)
		lg_put_u32(out, LG_ATTR_OBJECT_SIZE, 4);
	if (extra)
		lg_put_text(out, extra, "/data/local/tmp");
	nested = lg_put_begin(out, LG_ATTR_METRIC);
	lg_put_u32(out, LG_ATTR_METRIC_ID, metric);
	lg_put_text(out, LG_ATTR_METRIC_NAME, "runqueue.wait");
	lg_put_end(out, nested);
	lg_frame_end(out, begun);
	if (type != LG_MSG_LOAD)
		return;
	begun = lg_frame_begin(out, LG_MSG_BLOB, sequence);
	lg_buffer_append(out,
			 "\x7f"
			 "ELF",
			 4);
	lg_frame_end(out, begun);
}

static const struct lg_campaign campaign = {.metrics = {3, 4}, .metric_count = 2};

/* Reads it cut to `size` bytes, in memory of its own. */
static enum lg_bundle_state read_cut(const struct lg_buffer *bytes, size_t size, bool code,
				     struct lg_bundle *out)
{
	uint8_t *copy = malloc(size ? size : 1);
	enum lg_bundle_state state;

	memcpy(copy, bytes->data, size);
	state = lg_bundle_read(out, copy, size, &campaign, code, why);
	free(copy);
	return state;
}

static void test_bundles(void)
{
	struct lg_buffer bytes = {0};
	struct lg_bundle out;
	size_t first, broken = 0, refused = 0;

	hello(&bytes, LG_PROTOCOL_VERSION);
	request(&bytes, LG_MSG_LOAD_TRACE, 2, 3, 0);
	first = bytes.size;
	request(&bytes, LG_MSG_LOAD_PINNED, 3, 4, 0);
	check("allow", "a bundle of two probes",
	      read_cut(&bytes, bytes.size, false, &out) == LG_BUNDLE_GOOD && out.count == 2 &&
		      out.requests[0].metrics[0] == 3 &&
		      out.requests[1].type == LG_MSG_LOAD_PINNED &&
		      out.requests[1].size == bytes.size - first);
	for (size_t size = 0; size < bytes.size; size++)
		broken += size != first && read_cut(&bytes, size, false, &out) == LG_BUNDLE_BROKEN;
	check("allow", "a bundle that is cut anywhere", broken == bytes.size - 1);
	request(&bytes, LG_MSG_LOAD, 4, 4, 0);
	check("allow", "code, where the device takes none",
	      read_cut(&bytes, bytes.size, false, &out) == LG_BUNDLE_DISALLOWED);
	check("allow", "code, where it does",
	      read_cut(&bytes, bytes.size, true, &out) == LG_BUNDLE_GOOD && out.count == 3 &&
		      out.requests[2].object);
	lg_buffer_reset(&bytes);
	hello(&bytes, LG_PROTOCOL_VERSION + 1);
	request(&bytes, LG_MSG_LOAD_TRACE, 2, 3, 0);
	check("allow", "another protocol",
	      read_cut(&bytes, bytes.size, false, &out) == LG_BUNDLE_BROKEN);
	for (int i = 0; i < 6; i++) {
		static const uint16_t types[] = {LG_MSG_EXEC,  LG_MSG_PHASE, LG_MSG_READ_FILES,
						 LG_MSG_SCOPE, LG_MSG_STATS, 99};

		lg_buffer_reset(&bytes);
		hello(&bytes, LG_PROTOCOL_VERSION);
		request(&bytes, types[i], 2, 3, 0);
		refused += read_cut(&bytes, bytes.size, true, &out) == LG_BUNDLE_DISALLOWED;
	}
	lg_buffer_reset(&bytes);
	hello(&bytes, LG_PROTOCOL_VERSION);
	request(&bytes, LG_MSG_LOAD_TRACE, 2, 5, 0);
	check("allow", "a metric that the manifest does not have",
	      read_cut(&bytes, bytes.size, false, &out) == LG_BUNDLE_BROKEN);
	for (int i = 0; i < 3; i++) {
		static const uint16_t leading[] = {LG_ATTR_PIN_DIRECTORY, LG_ATTR_PIN_MANIFEST,
						   LG_ATTR_BTF_PATH};

		lg_buffer_reset(&bytes);
		hello(&bytes, LG_PROTOCOL_VERSION);
		request(&bytes, LG_MSG_LOAD_PINNED, 2, 3, leading[i]);
		refused += read_cut(&bytes, bytes.size, true, &out) == LG_BUNDLE_DISALLOWED;
	}
	check("allow", "messages and attributes that are not for campaigns", refused == 9);
	lg_buffer_free(&bytes);
}

void test_allow(const char *directory)
{
	test_programs();
	test_maps();
	test_spans(directory);
	test_bundles();
}
