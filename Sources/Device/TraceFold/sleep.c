/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * sleep.uninterruptible: from being switched out in state D to the wakeup, where
 * runqueue.wait begins. Android's kernels report between the two, by
 * sched_blocked_reason, whether it waited for I/O.
 */
#include "fold_internal.h"

enum { METRIC = LG_FOLD_SLEEP_UNINTERRUPTIBLE };

static void slept(struct lg_fold *fold, lg_u32 tid, lg_u32 state, lg_u64 ns)
{
	struct lg_slot *slot =
		lg_fold_start_key(fold, METRIC, 0, tid, state, ns, lg_fold_class(fold, tid));

	if (slot)
		slot->value = LG_FOLD_CAUSE_UNKNOWN;
}

/* Wakeups of other sleepers are no ends, so a missing stamp says nothing. */
static void woken(struct lg_fold *fold, lg_u32 tid, lg_u32 state, lg_u64 ns)
{
	struct lg_slot *slot = lg_table_find(&fold->metrics[METRIC].stamps, 0, tid);
	struct lg_fold_span span;
	lg_u32 cause;

	if (!slot)
		return;
	cause = slot->value;
	if (lg_fold_end_key(fold, METRIC, 0, tid, state, ns, &span))
		lg_fold_record(fold, METRIC, lg_fold_key(span.class_, cause), &span);
}

void lg_fold_sleep(struct lg_fold *fold, const struct lg_trace_event *event, lg_u32 state)
{
	struct lg_slot *slot;

	switch (event->kind) {
	case LG_EVENT_SCHED_SWITCH:
		/* It runs, and its wakeup was not seen: how long it slept is not known. */
		lg_fold_cancel_key(fold, METRIC, 0, event->sched_switch.next_tid);
		if (event->sched_switch.prev_tid &&
		    event->sched_switch.sleep == LG_SLEEP_UNINTERRUPTIBLE)
			slept(fold, event->sched_switch.prev_tid, state, event->time_ns);
		break;
	case LG_EVENT_SCHED_BLOCKED_REASON:
		slot = lg_table_find(&fold->metrics[METRIC].stamps, 0, event->blocked.tid);
		if (slot)
			slot->value =
				event->blocked.io_wait ? LG_FOLD_CAUSE_IO : LG_FOLD_CAUSE_OTHER;
		break;
	default:
		woken(fold, event->wakeup.tid, state, event->time_ns);
		break;
	}
}
