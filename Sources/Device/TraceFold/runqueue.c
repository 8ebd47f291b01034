/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * runqueue.wait: as bpf/runqueue.bpf.c. Some kernels' trace leaves out switches
 * from the idle thread that a probe on the same tracepoint sees. Then a thread
 * leaves a CPU that it never came to, and the wait it had is a loss.
 */
#include "fold_internal.h"

enum { METRIC = LG_FOLD_RUNQUEUE_WAIT };

/* Whose wait it is is asked at its end; until then, what is known of the thread. */
static lg_u32 class_at_start(struct lg_fold *fold, lg_u32 tid)
{
	lg_u32 class_;

	/* A wait outside the scope must not be in flight. */
	if (fold->options.scope != LG_FOLD_EVERYONE)
		return lg_fold_class(fold, tid);
	class_ = lg_fold_class_known(fold, tid);
	return class_ == LG_CLASS_UNKNOWN ? LG_CLASS_WORKLOAD : class_;
}

static void woken(struct lg_fold *fold, lg_u32 tid, lg_u32 state, lg_u64 ns)
{
	const struct lg_slot *slot;

	/* A wakeup of a running task (it was about to sleep) queues nothing. */
	if (!tid || lg_fold_is_running(fold, tid))
		return;
	/* Preempted on its way to sleep and woken: it has been waiting since then. */
	slot = lg_table_find(&fold->metrics[METRIC].stamps, 0, tid);
	if (slot && slot->stamp.word)
		return;
	lg_fold_start_key(fold, METRIC, 0, tid, state, ns, class_at_start(fold, tid));
}

static void runs(struct lg_fold *fold, lg_u32 tid, lg_u32 state, lg_u64 ns)
{
	struct lg_fold_span span;
	lg_u32 class_;

	if (!lg_fold_end_key(fold, METRIC, 0, tid, state, ns, &span))
		return;
	class_ = fold->options.scope == LG_FOLD_EVERYONE ? lg_fold_class(fold, tid) : span.class_;
	if (class_ == LG_CLASS_SELF)
		lg_fold_exclude(fold, METRIC, &span);
	else
		lg_fold_record(fold, METRIC, class_, &span);
}

static void ran_unseen(struct lg_fold *fold, lg_u32 tid)
{
	struct lg_table *stamps = &fold->metrics[METRIC].stamps;
	struct lg_slot *slot = lg_table_find(stamps, 0, tid);

	if (!slot)
		return;
	lg_fold_missed(fold, METRIC, &slot->stamp);
	lg_table_remove(stamps, slot);
}

static void switched(struct lg_fold *fold, const struct lg_trace_event *event, lg_u32 state)
{
	lg_u32 prev = event->sched_switch.prev_tid, next = event->sched_switch.next_tid;

	if (lg_fold_switch_missed(fold, event))
		ran_unseen(fold, prev);
	if (prev && event->sched_switch.sleep == LG_SLEEP_NONE)
		lg_fold_start_key(fold, METRIC, 0, prev, state, event->time_ns,
				  class_at_start(fold, prev));
	else if (prev)
		lg_fold_cancel_key(fold, METRIC, 0, prev);
	if (next)
		runs(fold, next, state, event->time_ns);
}

void lg_fold_runqueue(struct lg_fold *fold, const struct lg_trace_event *event, lg_u32 state)
{
	if (event->kind == LG_EVENT_SCHED_SWITCH)
		switched(fold, event, state);
	else
		woken(fold, event->wakeup.tid, state, event->time_ns);
}
