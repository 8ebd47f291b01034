/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Whose thread it is. Who asks /proc afterwards finds short-lived children
 * gone, so their class is taken from the parent when their birth was seen.
 */
#include "fold_internal.h"

/* Beside LG_CLASS_* in an entry. */
enum {
	CLASS_MASK = 0xff,
	/* To be asked about; the class is what holds when it is gone. */
	ASK = 0x100,
	/* Its fork was seen, its first wakeup not yet. */
	FRESH = 0x200,
	/* In place of LG_CLASS_*: not known once it is gone. */
	LOST = CLASS_MASK,
};

static lg_u32 ask(struct lg_fold *fold, lg_u32 tid, lg_u32 otherwise)
{
	lg_u32 class_ = LG_CLASS_USER;

	if (fold->options.class_of)
		class_ = fold->options.class_of(fold->options.arg, tid);
	if (class_ <= LG_CLASS_OUTSIDE)
		return class_;
	return otherwise == LOST ? LG_CLASS_UNKNOWN : otherwise;
}

lg_u32 lg_fold_class_known(const struct lg_fold *fold, lg_u32 tid)
{
	const struct lg_slot *slot = lg_table_find(&fold->classes, 0, tid);

	return slot && !(slot->value & ASK) ? slot->value & CLASS_MASK : LG_CLASS_UNKNOWN;
}

lg_u32 lg_fold_class(struct lg_fold *fold, lg_u32 tid)
{
	struct lg_slot *slot = lg_table_find(&fold->classes, 0, tid);
	lg_u32 class_;

	if (!tid)
		return LG_CLASS_KERNEL;
	if (slot && !(slot->value & ASK))
		return slot->value & CLASS_MASK;
	class_ = ask(fold, tid,
		     slot				       ? slot->value & CLASS_MASK
		     : fold->options.scope == LG_FOLD_EVERYONE ? LG_CLASS_USER
							       : LOST);
	if (class_ == LG_CLASS_UNKNOWN)
		return class_;
	slot = lg_table_make(&fold->classes, 0, tid);
	if (slot)
		slot->value = (slot->value & FRESH) | class_;
	return class_;
}

/* What a child is where there is a scope: its process and threads were there before it. */
static lg_u32 inherited_scope(enum lg_fold_scope scope, lg_u32 parent, lg_u32 thread)
{
	if (parent == LG_CLASS_OUTSIDE || scope == LG_FOLD_THREAD || thread == 0)
		return LG_CLASS_OUTSIDE;
	if (thread == 1 && parent != LG_CLASS_UNKNOWN)
		return parent;
	return ASK | LOST;
}

/* What a child is, and whether that is certain. */
static lg_u32 inherited(const struct lg_fold *fold, lg_u32 parent, lg_u32 thread)
{
	if (fold->options.scope != LG_FOLD_EVERYONE && (parent != LG_CLASS_SELF || thread != 1))
		return inherited_scope(fold->options.scope, parent, thread);
	if (parent == LG_CLASS_WORKLOAD || (parent == LG_CLASS_SELF && thread == 1))
		return parent;
	/* The agent starts nothing but steps, which leave for a session of their own. */
	if (parent == LG_CLASS_SELF)
		return ASK | LG_CLASS_WORKLOAD;
	/* A kernel thread's child is one, too, or a helper program. */
	return ASK | LG_CLASS_USER;
}

static void forked(struct lg_fold *fold, lg_u32 parent_tid, lg_u32 child_tid, lg_u32 thread)
{
	struct lg_slot *slot = lg_table_find(&fold->classes, 0, child_tid);
	lg_u32 class_;

	/* sched_process_fork repeats what task_newtask reported. */
	if (!child_tid || (thread == LG_FORK_UNKNOWN && slot && slot->value & FRESH))
		return;
	class_ = inherited(fold, lg_fold_class(fold, parent_tid), thread);
	slot = lg_table_make(&fold->classes, 0, child_tid);
	if (slot)
		slot->value = class_ | FRESH;
}

/* A thread begins whose fork was not seen: what is known is of an earlier one of that number. */
static void born(struct lg_fold *fold, lg_u32 tid)
{
	struct lg_slot *slot = lg_table_find(&fold->classes, 0, tid);

	if (!slot)
		return;
	if (slot->value & FRESH)
		slot->value &= ~(lg_u32)FRESH;
	else
		lg_table_remove(&fold->classes, slot);
}

void lg_fold_class_event(struct lg_fold *fold, const struct lg_trace_event *event)
{
	switch (event->kind) {
	case LG_EVENT_TASK_NEWTASK:
	case LG_EVENT_SCHED_PROCESS_FORK:
		forked(fold, event->fork.parent_tid, event->fork.child_tid, event->fork.thread);
		break;
	case LG_EVENT_SCHED_WAKEUP_NEW:
		born(fold, event->wakeup.tid);
		break;
	default:
		break;
	}
}
