// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* How long page faults took, and how long bringing a page back from swap. */
#define LG_METRICS 1
#include "probe.h"

enum {
	METRIC_TIME = 0,
	MAX_TASKS = 8192,
	MAX_LABELS = 9,
};

enum vm_fault_reason { VM_FAULT_MAJOR = 0x4, VM_FAULT_RETRY = 0x400 };

enum {
	KIND_MINOR = 0,
	KIND_MAJOR = 1,
	KIND_RETRY = 2, /* given up for now: the lock was dropped to wait */
};

struct fault_key {
	u32 class_;
	u32 kind;
};

LG_HIST_LABELS(h_fault_time, struct fault_key, MAX_LABELS);

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_TASKS);
	__type(key, u32);
	__type(value, struct lg_stamp);
} s_fault SEC(".maps");

static __always_inline u32 kind_of(u32 result)
{
	if (result & bpf_core_enum_value(enum vm_fault_reason, VM_FAULT_MAJOR))
		return KIND_MAJOR;
	if (result & bpf_core_enum_value(enum vm_fault_reason, VM_FAULT_RETRY))
		return KIND_RETRY;
	return KIND_MINOR;
}

SEC("kprobe/handle_mm_fault")
int handle_mm_fault__kprobe(struct pt_regs *ctx)
{
	u32 word = lg_window_now(), tid = bpf_get_current_pid_tgid();

	if (!word)
		return 0;
	lg_start_key(&s_fault, &tid, word, bpf_ktime_get_ns(), lg_class_current(),
		     lg_metric(METRIC_TIME));
	return 0;
}

SEC("kretprobe/handle_mm_fault")
int handle_mm_fault_return__kprobe(struct pt_regs *ctx)
{
	u32 word = lg_window_now(), tid = bpf_get_current_pid_tgid();
	struct lg_counters *c = lg_metric(METRIC_TIME);
	struct fault_key label;
	struct lg_span span;
	u64 now;

	if (!word || !c)
		return 0;
	now = bpf_ktime_get_ns();
	if (!lg_end_key(&s_fault, &tid, word, now, c, &span))
		return 0;
	label.class_ = span.class_;
	label.kind = kind_of(PT_REGS_RC(ctx));
	lg_record(lg_hist_of(&h_fault_time, &label), &span, c);
	return 0;
}
