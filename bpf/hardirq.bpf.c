// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * How long interrupt handlers ran, by interrupt number.
 *
 * Stamps are kept by CPU and number, because a handler of an interrupt
 * expander calls the handlers of its inputs, each with events of its own. The
 * programs themselves do not nest: handlers run with interrupts off.
 */
#define LG_METRICS 1
#include "probe.h"
#include "kernel_irq.h"

enum {
	METRIC_RUN = 0,
	MAX_INTERRUPTS = 256,
	NO_CLASS = LG_CLASS_KERNEL,
};

LG_HIST_LABELS(h_hardirq_run, u32, MAX_INTERRUPTS);

struct interrupt_name {
	char text[LG_NAME_LEN];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_INTERRUPTS);
	__type(key, u32);
	__type(value, struct interrupt_name);
} n_hardirq_run SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, MAX_INTERRUPTS);
	__type(key, u32);
	__type(value, struct lg_stamp);
} s_hardirq SEC(".maps");

/* Names are taken once an epoch; of handlers that share a number, the first seen. */
static __always_inline struct lg_stamp *make_stamp(u32 irq, struct irqaction *action, u32 word,
						   struct lg_counters *c)
{
	struct lg_stamp *stamp = bpf_map_lookup_elem(&s_hardirq, &irq), fresh = {};
	struct interrupt_name name = {};

	if (stamp)
		return stamp;
	bpf_probe_read_kernel_str(name.text, sizeof(name.text), lg_read_pointer(action, name));
	bpf_map_update_elem(&n_hardirq_run, &irq, &name, BPF_ANY);
	bpf_map_update_elem(&s_hardirq, &irq, &fresh, BPF_NOEXIST);
	stamp = bpf_map_lookup_elem(&s_hardirq, &irq);
	if (!stamp && lg_judged(word))
		c->map_full++;
	return stamp;
}

static __always_inline int entered(u32 irq, struct irqaction *action)
{
	struct lg_counters *c = lg_metric(METRIC_RUN);
	u32 word = lg_window_now();
	struct lg_stamp *stamp;

	if (!word || !c)
		return 0;
	stamp = make_stamp(irq, action, word, c);
	if (stamp)
		lg_start(stamp, word, bpf_ktime_get_ns(), NO_CLASS, c);
	return 0;
}

static __always_inline int left(u32 irq)
{
	struct lg_counters *c = lg_metric(METRIC_RUN);
	u32 word = lg_window_now();
	struct lg_span span;
	u64 now;

	if (!word || !c)
		return 0;
	now = bpf_ktime_get_ns();
	if (lg_end(bpf_map_lookup_elem(&s_hardirq, &irq), word, now, c, &span))
		lg_record(lg_hist_of(&h_hardirq_run, &irq), &span, c);
	return 0;
}

LG_TRACEPOINT(irq_handler_entry, entered(irq, action), int irq, struct irqaction *action)
LG_TRACEPOINT(irq_handler_exit, left(irq), int irq)
