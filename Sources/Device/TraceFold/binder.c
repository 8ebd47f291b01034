/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * binder.call and binder.roundtrip: as bpf/binder.bpf.c. A thread may be asked
 * to serve while it waits, and ask again from there; its open transactions are
 * kept by how many it serves.
 */
#include "fold_internal.h"

enum { MAX_NESTING = 4 };

static lg_u32 serves(const struct lg_fold *fold, lg_u32 tid)
{
	const struct lg_slot *slot = lg_table_find(&fold->served, 0, tid);

	return slot ? slot->value : 0;
}

static void sent(struct lg_fold *fold, const struct lg_trace_event *event, lg_u32 state)
{
	lg_u32 class_ = lg_fold_class(fold, event->tid), level = serves(fold, event->tid);

	lg_fold_start_key(fold, LG_FOLD_BINDER_CALL, 0, event->binder.id, state, event->time_ns,
			  class_);
	if (level < MAX_NESTING)
		lg_fold_start_key(fold, LG_FOLD_BINDER_ROUNDTRIP, level, event->tid, state,
				  event->time_ns, class_);
	else if (state == LG_WINDOW_OPEN)
		fold->metrics[LG_FOLD_BINDER_ROUNDTRIP].counters.map_full++;
}

/* Moves the caller's stamp to the reply, which the caller has yet to receive. */
static void replied(struct lg_fold *fold, const struct lg_trace_event *event, lg_u32 state)
{
	struct lg_folded *folded = &fold->metrics[LG_FOLD_BINDER_ROUNDTRIP];
	lg_u32 caller = event->binder.to_tid;
	struct lg_slot *slot = lg_table_find(&fold->served, 0, event->tid), *reply;

	if (slot && slot->value)
		slot->value--;
	slot = lg_table_find(&folded->stamps, serves(fold, caller), caller);
	if (!slot) {
		if (state != LG_WINDOW_ARMED)
			folded->counters.no_start++;
		return;
	}
	reply = lg_table_make(&fold->replies, 0, event->binder.id);
	if (reply) {
		reply->stamp = slot->stamp;
	} else {
		folded->counters.map_full++;
		lg_fold_cancel(fold, LG_FOLD_BINDER_ROUNDTRIP, &slot->stamp);
	}
	lg_table_remove(&folded->stamps, slot);
}

static void called(struct lg_fold *fold, const struct lg_trace_event *event, lg_u32 state)
{
	struct lg_slot *thread = lg_table_make(&fold->served, 0, event->tid);
	struct lg_fold_span span;

	if (thread)
		thread->value++;
	if (lg_fold_end_key(fold, LG_FOLD_BINDER_CALL, 0, event->binder.id, state, event->time_ns,
			    &span))
		lg_fold_record(fold, LG_FOLD_BINDER_CALL, span.class_, &span);
}

static void answered(struct lg_fold *fold, const struct lg_trace_event *event, lg_u32 state,
		     struct lg_slot *reply)
{
	struct lg_fold_span span;

	if (lg_fold_end(fold, LG_FOLD_BINDER_ROUNDTRIP, &reply->stamp, state, event->time_ns,
			&span))
		lg_fold_record(fold, LG_FOLD_BINDER_ROUNDTRIP, span.class_, &span);
	lg_table_remove(&fold->replies, reply);
}

void lg_fold_binder(struct lg_fold *fold, const struct lg_trace_event *event, lg_u32 state)
{
	struct lg_slot *reply;

	if (event->kind == LG_EVENT_BINDER_TRANSACTION) {
		if (event->binder.one_way)
			return;
		if (event->binder.reply)
			replied(fold, event, state);
		else
			sent(fold, event, state);
		return;
	}
	if (lg_table_find(&fold->metrics[LG_FOLD_BINDER_CALL].stamps, 0, event->binder.id)) {
		called(fold, event, state);
		return;
	}
	/* Anything else is one-way, or was sent before the window: replied() counts those. */
	reply = lg_table_find(&fold->replies, 0, event->binder.id);
	if (reply)
		answered(fold, event, state, reply);
}
