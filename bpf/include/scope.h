/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Whose operation it is: the split by process class, and the agent's own exclusion. */
#ifndef LATGATE_SCOPE_H
#define LATGATE_SCOPE_H

/*
 * LG_CLASS_* of a task. `direct` is a constant: true where the task came from
 * a tp_btf argument and the verifier lets its fields be loaded, false where
 * they must be read by helper.
 */
static __always_inline lg_u32 lg_class_of(struct task_struct *task, bool direct)
{
	lg_u32 session = lg_scope_session;

	if ((direct ? task->flags : BPF_CORE_READ(task, flags)) & LG_PF_KTHREAD)
		return LG_CLASS_KERNEL;
	if ((lg_u32)(direct ? task->tgid : BPF_CORE_READ(task, tgid)) == lg_self_tgid)
		return LG_CLASS_SELF;
	if (session &&
	    session == (lg_u32)(direct ? task->signal->pids[LG_PIDTYPE_SID]->numbers[0].nr
				       : BPF_CORE_READ(task, signal, pids[LG_PIDTYPE_SID],
						       numbers[0].nr)))
		return LG_CLASS_WORKLOAD;
	return LG_CLASS_USER;
}

/* The same of the running task. */
static __always_inline lg_u32 lg_class_current(void)
{
	return lg_class_of((struct task_struct *)bpf_get_current_task(), false);
}

/*
 * The same, remembered for the rest of the epoch in a stamp that outlives the
 * operation (task storage): class_ holds the epoch above the class. A task
 * that has not called exec since fork may still be on its way into the
 * workload's session, so its class is asked again each time.
 */
static __always_inline lg_u32 lg_class_cached(struct lg_stamp *stamp, lg_u32 word,
					      struct task_struct *task, bool direct)
{
	lg_u32 class_;

	if (lg_window_epoch(stamp->class_) == lg_window_epoch(word))
		return lg_window_phase(stamp->class_);
	class_ = lg_class_of(task, direct);
	stamp->class_ = class_;
	if (!((direct ? task->flags : BPF_CORE_READ(task, flags)) & LG_PF_FORKNOEXEC))
		stamp->class_ = lg_window_word(lg_window_epoch(word), 0, class_);
	return class_;
}

#endif
