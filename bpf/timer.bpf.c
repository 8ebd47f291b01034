// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * Timers: how late high-resolution ones fire, and how long handlers run.
 *
 * Lateness counts from the time that was asked for: the slack that the kernel
 * may add to gather timers is in it. Both times are of the timer's own clock.
 */
#define LG_METRICS 2
#define LG_NEST_LEVELS 4 /* a handler in a hardirq interrupts one in a softirq */
#include "probe.h"
#include "kernel_timer.h"

enum {
	METRIC_LATENESS = 0,
	METRIC_HANDLER = 1,
	MAX_LABELS = 16,
	MAX_RUNNING = 1024,
	KIND_HRTIMER = 0,
	KIND_WHEEL = 1,
	KINDS = 2,
	NO_CLASS = LG_CLASS_KERNEL,
};

struct lateness_key {
	u32 clock;
	u32 context;
};

LG_HIST_LABELS(h_timer_lateness, struct lateness_key, MAX_LABELS);
LG_HIST_ARRAY(h_timer_handler, KINDS);

/* Handlers that run, by timer; those of a CPU may interrupt each other. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_RUNNING);
	__type(key, u64);
	__type(value, struct lg_stamp);
} s_timer_handler SEC(".maps");

static __always_inline void fired(struct hrtimer *timer, const s64 *at, u32 word, u64 now,
				  bool direct)
{
	struct lg_counters *c = lg_metric(METRIC_LATENESS);
	struct lg_span span = {.class_ = NO_CLASS};
	struct hrtimer_clock_base *base;
	struct lateness_key label;
	s64 base_now = 0, late;

	if (!c || !lg_judged(word))
		return;
	bpf_probe_read_kernel(&base_now, sizeof(base_now), at);
	late = base_now - (s64)(bpf_core_field_exists(timer->_softexpires)
					? lg_read(timer, _softexpires, direct)
					: lg_read(timer, node.expires, direct));
	base = lg_read_pointer(timer, base);
	label.clock = lg_read(base, clockid, false);
	label.context = lg_read(timer, is_soft, direct);
	span.start_offset_ns = now - lg_window_opened_ns;
	c->started++;
	c->start_offset_sum += span.start_offset_ns;
	if (late < 0) {
		c->negative++;
		c->cancelled++;
		c->end_offset_sum += span.start_offset_ns;
		return;
	}
	span.duration_ns = late;
	lg_record(lg_hist_of(&h_timer_lateness, &label), &span, c);
}

static __always_inline void begins(u64 timer, u32 word)
{
	lg_start_key(&s_timer_handler, &timer, word, bpf_ktime_get_ns(), NO_CLASS,
		     lg_metric(METRIC_HANDLER));
}

static __always_inline int ends(u64 timer, u32 kind)
{
	u32 word = lg_window_now();
	struct lg_counters *c;
	struct lg_span span;
	u64 now;

	if (!word)
		return 0;
	now = bpf_ktime_get_ns();
	lg_nest_enter();
	c = lg_metric(METRIC_HANDLER);
	if (c && lg_end_key(&s_timer_handler, &timer, word, now, c, &span))
		lg_record(lg_hist_at(&h_timer_handler, kind), &span, c);
	lg_nest_leave();
	return 0;
}

static __always_inline int expires(struct hrtimer *timer, const s64 *at, bool direct)
{
	u32 word = lg_window_now();

	if (!word)
		return 0;
	lg_nest_enter();
	fired(timer, at, word, bpf_ktime_get_ns(), direct);
	begins((u64)timer, word);
	lg_nest_leave();
	return 0;
}

static __always_inline int wheel_expires(u64 timer)
{
	return LG_NESTED(begins(timer, word));
}

/* Not by tp_btf, which 5.10 gives no pointers to what is neither a struct nor void, such as `at`. */
SEC("raw_tp/hrtimer_expire_entry")
int BPF_PROG(hrtimer_expire_entry__raw_tp, struct hrtimer *timer, s64 *at)
{
	return expires(timer, at, false);
}

LG_TRACEPOINT(hrtimer_expire_exit, ends((u64)timer, KIND_HRTIMER), struct hrtimer *timer)
LG_TRACEPOINT(timer_expire_entry, wheel_expires((u64)timer), void *timer)
LG_TRACEPOINT(timer_expire_exit, ends((u64)timer, KIND_WHEEL), void *timer)
