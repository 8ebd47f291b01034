// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * How long tasks slept uninterruptibly (state D): switched out to woken, where
 * runqueue.wait begins. Such sleep is for storage, locks and drivers, and cannot
 * be ended by a signal.
 */
#define LG_METRICS 1
#include "probe.h"
#include "compat_task.h"

enum {
	METRIC_UNINTERRUPTIBLE = 0,
	MAX_TASKS = 32768,
	MAX_LABELS = 9,
	/* Bits of a task's state that say what it does; the highest counts. */
	STATE_REPORTED = 0x7f,
	STATE_UNINTERRUPTIBLE = 0x02,
	STATE_WAKING = 0x200,
	STATE_NOLOAD = 0x400, /* an idle kernel thread: it waits for nothing */
};

/* As in trace_fold.h; 0 is what trace events without a reason leave open. */
enum {
	CAUSE_IO = 1,
	CAUSE_OTHER = 2,
};

struct label_key {
	u32 class_;
	u32 cause;
};

const volatile u32 lg_args_sched_switch;

LG_HIST_LABELS(h_sleep_uninterruptible, struct label_key, MAX_LABELS);

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_TASKS);
	__type(key, u32);
	__type(value, struct lg_stamp);
} s_sleep SEC(".maps");

static __always_inline bool uninterruptible(bool preempt, u32 state)
{
	u32 reported = state & STATE_REPORTED;

	return !preempt && reported >> 1 == STATE_UNINTERRUPTIBLE >> 1 && !(state & STATE_NOLOAD);
}

static __always_inline int switched(bool preempt, struct task_struct *prev,
				    struct task_struct *next, u64 *ctx, bool direct)
{
	u32 word = lg_window_now(), pid, state;

	if (!word)
		return 0;
	/* The argument, where there is one (since 5.18): the field may have changed since. */
	if (lg_args_sched_switch > 3) {
		state = (u32)ctx[3];
	} else {
		state = lg_task_state(prev, direct);
		/* Another CPU wakes it already, and waits for this switch to end. */
		if (state == STATE_WAKING && lg_task_sleep_is_load(prev, direct))
			state = STATE_UNINTERRUPTIBLE;
	}
	pid = lg_read(next, pid, direct);
	/* It runs and its wakeup was not seen: how long it slept is not known. */
	lg_cancel_key(&s_sleep, &pid, word, lg_metric(METRIC_UNINTERRUPTIBLE));
	pid = lg_read(prev, pid, direct);
	if (pid && uninterruptible(preempt, state))
		lg_start_key(&s_sleep, &pid, word, bpf_ktime_get_ns(), lg_class_of(prev, direct),
			     lg_metric(METRIC_UNINTERRUPTIBLE));
	return 0;
}

static __always_inline int woken(struct task_struct *task, bool direct)
{
	u32 word = lg_window_now(), pid;
	struct lg_counters *c = lg_metric(METRIC_UNINTERRUPTIBLE);
	struct label_key label;
	struct lg_span span;

	if (!word || !c)
		return 0;
	pid = lg_read(task, pid, direct);
	/* Wakeups of other sleepers are no ends. */
	if (!bpf_map_lookup_elem(&s_sleep, &pid))
		return 0;
	if (!lg_end_key(&s_sleep, &pid, word, bpf_ktime_get_ns(), c, &span))
		return 0;
	label.class_ = span.class_;
	label.cause = lg_task_in_iowait(task, direct) ? CAUSE_IO : CAUSE_OTHER;
	lg_record(lg_hist_of(&h_sleep_uninterruptible, &label), &span, c);
	return 0;
}

LG_TRACEPOINT(sched_switch, switched(preempt, prev, next, ctx, direct), bool preempt,
	      struct task_struct *prev, struct task_struct *next)
LG_TRACEPOINT(sched_wakeup, woken(task, direct), struct task_struct *task)
