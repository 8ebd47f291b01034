// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * Softirqs by vector: raised to entered, and entered to left.
 *
 * No nest levels: raising happens with interrupts off and writes only the
 * counters of starts, entering and leaving happen in the softirq itself, which
 * does not nest on a CPU, and write the rest.
 */
#define LG_METRICS 2
#include "probe.h"

enum {
	METRIC_RAISE = 0,
	METRIC_RUN = 1,
	VECTORS = 10,
	NO_CLASS = LG_CLASS_KERNEL,
};

LG_HIST_ARRAY(h_softirq_raise, VECTORS);
LG_HIST_ARRAY(h_softirq_run, VECTORS);

struct vector_state {
	struct lg_stamp raise;
	struct lg_stamp run;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, VECTORS);
	__type(key, u32);
	__type(value, struct vector_state);
} s_softirq SEC(".maps");

/*
 * A vector raised again before it is entered has been waiting since the first
 * time. Raised again while the kernel works through an earlier vector of the
 * same batch, it is entered twice: the second entry counts as no_start.
 */
static __always_inline int raised(u32 vec)
{
	u32 word = lg_window_now();
	struct vector_state *state;

	if (!word)
		return 0;
	state = bpf_map_lookup_elem(&s_softirq, &vec);
	if (!state || (state->raise.word && lg_stamp_current(&state->raise, word)))
		return 0;
	lg_start(&state->raise, word, bpf_ktime_get_ns(), NO_CLASS, lg_metric(METRIC_RAISE));
	return 0;
}

static __always_inline int entered(u32 vec)
{
	u32 word = lg_window_now();
	struct vector_state *state;
	struct lg_counters *c;
	struct lg_span span;
	u64 now;

	if (!word)
		return 0;
	now = bpf_ktime_get_ns();
	state = bpf_map_lookup_elem(&s_softirq, &vec);
	c = lg_metric(METRIC_RAISE);
	if (!state || !c)
		return 0;
	if (lg_end(&state->raise, word, now, c, &span))
		lg_record(lg_hist_at(&h_softirq_raise, vec), &span, c);
	lg_start(&state->run, word, now, NO_CLASS, lg_metric(METRIC_RUN));
	return 0;
}

static __always_inline int left(u32 vec)
{
	u32 word = lg_window_now();
	struct vector_state *state;
	struct lg_counters *c;
	struct lg_span span;

	if (!word)
		return 0;
	state = bpf_map_lookup_elem(&s_softirq, &vec);
	c = lg_metric(METRIC_RUN);
	if (!state || !c)
		return 0;
	if (lg_end(&state->run, word, bpf_ktime_get_ns(), c, &span))
		lg_record(lg_hist_at(&h_softirq_run, vec), &span, c);
	return 0;
}

LG_TRACEPOINT(softirq_raise, raised(vec), unsigned int vec)
LG_TRACEPOINT(softirq_entry, entered(vec), unsigned int vec)
LG_TRACEPOINT(softirq_exit, left(vec), unsigned int vec)
