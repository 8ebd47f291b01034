// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* The test's own function, from the places where it begins to those where it ends. */
#define LG_METRICS 1
#include "probe.h"

LG_HIST_LABELS(h_work, u32, 4);

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, u32);
	__type(value, struct lg_stamp);
} s_work SEC(".maps");

SEC("uprobe/work")
int work__uprobe(void *ctx)
{
	u32 word = lg_window_now(), tid = bpf_get_current_pid_tgid();

	if (word)
		lg_start_key(&s_work, &tid, word, bpf_ktime_get_ns(), LG_CLASS_WORKLOAD,
			     lg_metric(0));
	return 0;
}

SEC("uprobe/work_return")
int work_return__uprobe(void *ctx)
{
	u32 word = lg_window_now(), tid = bpf_get_current_pid_tgid(), label = 0;
	struct lg_counters *c = lg_metric(0);
	struct lg_span span;

	if (c && word && lg_end_key(&s_work, &tid, word, bpf_ktime_get_ns(), c, &span))
		lg_record(lg_hist_of(&h_work, &label), &span, c);
	return 0;
}
