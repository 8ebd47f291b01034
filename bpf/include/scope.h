/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Whose operation it is: the scope, the split by process class, and the agent's own exclusion. */
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

#ifdef LG_SCOPED
/* Written by the agent before load. */
const volatile struct lg_scope lg_scope;

static __always_inline bool lg_is_called(struct task_struct *task)
{
	union {
		char text[LG_COMM_LEN];
		u64 words[LG_COMM_LEN / 8];
	} comm = {};

	/* Up to the NUL, whatever room the kernel has for it. */
	bpf_probe_read_kernel_str(comm.text, sizeof(comm.text), &task->comm);
	return comm.words[0] == lg_scope.comm[0] && comm.words[1] == lg_scope.comm[1];
}

/* The cgroup's ancestor where the scope's cgroup would be is that one. */
static __always_inline bool lg_in_cgroup(struct task_struct *task)
{
	struct css_set *set = lg_read_pointer(task, cgroups);
	struct cgroup *cgroup = lg_read_pointer(set, dfl_cgrp), *ancestor = NULL;
	struct cgroup___ids *old = (void *)cgroup;
	u64 level = lg_scope.level, id = 0;
	struct kernfs_node *node;

	if (lg_read(cgroup, level, false) < level)
		return false;
	if (!bpf_core_field_exists(cgroup->ancestors)) {
		bpf_probe_read_kernel(&id, bpf_core_field_size(old->ancestor_ids[0]),
				      (void *)old + bpf_core_field_offset(old->ancestor_ids) +
					      level * bpf_core_field_size(old->ancestor_ids[0]));
		return id == lg_scope.cgroup;
	}
	/* A pointer has 4 bytes on a 32-bit kernel. */
	bpf_probe_read_kernel(&ancestor, bpf_core_field_size(cgroup->kn),
			      (void *)cgroup + bpf_core_field_offset(cgroup->ancestors) +
				      level * bpf_core_field_size(cgroup->kn));
	node = lg_read_pointer(ancestor, kn);
	return lg_read(node, id, false) == lg_scope.cgroup;
}

static __always_inline bool lg_in_scope(struct task_struct *task, bool direct)
{
	struct task_struct *leader;

	switch (lg_scope.kind) {
	case LG_SCOPE_COMM:
		if (lg_is_called(task))
			return true;
		leader = lg_read_pointer(task, group_leader);
		return lg_is_called(leader);
	case LG_SCOPE_PID:
		return (lg_u32)lg_read(task, tgid, direct) == lg_scope.pid ||
		       (lg_u32)lg_read(task, pid, direct) == lg_scope.pid;
	case LG_SCOPE_CGROUP:
		return lg_in_cgroup(task);
	default:
		return false;
	}
}
#endif

/* LG_CLASS_* of a task; for `direct` see read.h. */
static __always_inline lg_u32 lg_class_of(struct task_struct *task, bool direct)
{
	lg_u32 session = lg_scope_session;

#ifdef LG_SCOPED
	if (!lg_in_scope(task, direct))
		return LG_CLASS_OUTSIDE;
#endif
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
 * workload's session, so its class is asked again each time. So is everyone's
 * where there is a scope: a task may take another name, or be moved.
 */
static __always_inline lg_u32 lg_class_cached(struct lg_stamp *stamp, lg_u32 word,
					      struct task_struct *task, bool direct)
{
#ifdef LG_SCOPED
	return lg_class_of(task, direct);
#else
	lg_u32 class_;

	if (lg_window_epoch(stamp->class_) == lg_window_epoch(word))
		return lg_window_phase(stamp->class_);
	class_ = lg_class_of(task, direct);
	stamp->class_ = class_;
	if (!(lg_read(task, flags, direct) & LG_PF_FORKNOEXEC))
		stamp->class_ = lg_window_word(lg_window_epoch(word), 0, class_);
	return class_;
#endif
}

#endif
