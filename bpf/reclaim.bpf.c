// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * How long tasks that wanted memory had to free some first: direct reclaim,
 * in the page allocator's slow path. kswapd's own work is not in it.
 */
#define LG_METRICS 1
#include "probe.h"

enum {
	METRIC_DIRECT = 0,
	CLASSES = 3,
	MAX_THREADS = 8192,
};

LG_HIST_ARRAY(h_reclaim_direct, CLASSES);

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_THREADS);
	__type(key, u32);
	__type(value, struct lg_stamp);
} s_reclaim SEC(".maps");

static __always_inline int begun(void)
{
	u32 word = lg_window_now(), tid = bpf_get_current_pid_tgid();

	if (!word)
		return 0;
	lg_start_key(&s_reclaim, &tid, word, bpf_ktime_get_ns(), lg_class_current(),
		     lg_metric(METRIC_DIRECT));
	return 0;
}

static __always_inline int ended(void)
{
	u32 word = lg_window_now(), tid = bpf_get_current_pid_tgid();
	struct lg_counters *c = lg_metric(METRIC_DIRECT);
	struct lg_span span;

	if (!word || !c)
		return 0;
	if (lg_end_key(&s_reclaim, &tid, word, bpf_ktime_get_ns(), c, &span))
		lg_record(lg_hist_at(&h_reclaim_direct, span.class_), &span, c);
	return 0;
}

LG_TRACEPOINT(mm_vmscan_direct_reclaim_begin, begun())
LG_TRACEPOINT(mm_vmscan_direct_reclaim_end, ended())
