/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Whose operation it is: the split by process class, and the agent's own exclusion. */
#ifndef LATGATE_SCOPE_H
#define LATGATE_SCOPE_H

/*
 * A task's session, as the initial namespace numbers it. The kernel's
 * enumeration says which of a process's identities it is.
 */
static __always_inline lg_u32 lg_task_session(struct task_struct *task, bool direct)
{
	lg_u32 kind = bpf_core_enum_value(enum pid_type, PIDTYPE_SID);
	struct signal_struct *signal;
	struct pid *session = NULL;

	if (direct && kind == LG_PIDTYPE_SID) {
		session = task->signal->pids[LG_PIDTYPE_SID];
		return lg_load(session, numbers[0].nr);
	}
	signal = lg_read_pointer(task, signal);
	bpf_probe_read_kernel(&session, bpf_core_field_size(signal->pids[0]),
			      (void *)signal + bpf_core_field_offset(signal->pids) +
				      kind * bpf_core_field_size(signal->pids[0]));
	return lg_read(session, numbers[0].nr, false);
}

/* LG_CLASS_* of a task; for `direct` see read.h. */
static __always_inline lg_u32 lg_class_of(struct task_struct *task, bool direct)
{
	lg_u32 session = lg_scope_session;

	if (lg_read(task, flags, direct) & LG_PF_KTHREAD)
		return LG_CLASS_KERNEL;
	if ((lg_u32)lg_read(task, tgid, direct) == lg_self_tgid)
		return LG_CLASS_SELF;
	if (session && session == lg_task_session(task, direct))
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
	if (!(lg_read(task, flags, direct) & LG_PF_FORKNOEXEC))
		stamp->class_ = lg_window_word(lg_window_epoch(word), 0, class_);
	return class_;
}

#endif
