/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Why a task left its CPU, at sched_switch. */
#ifndef LATGATE_ABSENCE_H
#define LATGATE_ABSENCE_H

#include "compat_task.h"

enum {
	/* TASK_* bits of a task's state (include/linux/sched.h). */
	STATE_INTERRUPTIBLE = 0x01,
	STATE_UNINTERRUPTIBLE = 0x02,
	STATE_DEAD = 0x80,
	STATE_WAKING = 0x200,
	STATE_NOLOAD = 0x400, /* an idle kernel thread: it waits for nothing */
};

enum {
	CAUSE_RUNNABLE = 0, /* preempted, or it gave way */
	CAUSE_SLEEP = 1,
	CAUSE_IO = 2,
	CAUSE_UNINTERRUPTIBLE = 3,
	CAUSE_OTHER = 4, /* stopped, traced, idle */
};

const volatile u32 lg_args_sched_switch;

/* TASK_* bits of what is switched out. */
static __always_inline u32 lg_absence_state(struct task_struct *prev, u64 *ctx, bool direct)
{
	u32 state;

	/* The argument, where there is one (since 5.18): the field may have changed since. */
	if (lg_args_sched_switch > 3)
		return (u32)ctx[3];
	state = lg_task_state(prev, direct);
	/* Another CPU wakes it already, and waits for this switch to end. */
	if (state == STATE_WAKING)
		return lg_task_sleep_is_load(prev, direct) ? STATE_UNINTERRUPTIBLE
							   : STATE_INTERRUPTIBLE;
	return state;
}

/* CAUSE_* of them. */
static __always_inline u32 lg_absence_cause(bool preempt, u32 state, struct task_struct *prev,
					    bool direct)
{
	if (preempt || state == LG_TASK_RUNNING)
		return CAUSE_RUNNABLE;
	if (state & STATE_NOLOAD)
		return CAUSE_OTHER;
	if (state & STATE_UNINTERRUPTIBLE)
		return lg_task_in_iowait(prev, direct) ? CAUSE_IO : CAUSE_UNINTERRUPTIBLE;
	return state & STATE_INTERRUPTIBLE ? CAUSE_SLEEP : CAUSE_OTHER;
}

#endif
