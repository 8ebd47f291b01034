/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Facts of a task that only some kernels keep, or keep elsewhere. */
#ifndef LATGATE_COMPAT_TASK_H
#define LATGATE_COMPAT_TASK_H

#include "kernel_types.h"

enum {
	LG_TIF_32BIT_ARM64 = 22,
	LG_TS_COMPAT_X86 = 0x0002,
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct thread_info___compat {
	unsigned long flags;
	u32 status; /* of these architectures, only x86 has it */
};

struct thread_struct___compat {
	struct {
		unsigned long tp_value;
	} uw; /* of these architectures, only arm64 has it */
};

struct task_struct___compat {
	struct thread_info___compat thread_info;
	struct thread_struct___compat thread;
};

struct task_struct___iowait {
	unsigned int in_iowait : 1;
};

struct task_struct___load {
	unsigned int sched_contributes_to_load : 1;
};

struct task_struct___start {
	u64 start_time; /* CLOCK_MONOTONIC ns */
};

#pragma clang attribute pop

/* True inside a system call made through the 32-bit table of a 64-bit kernel. */
static __always_inline bool lg_task_compat(struct task_struct *task, bool direct)
{
	struct task_struct___compat *t = (void *)task;

	if (bpf_core_field_exists(t->thread_info.status))
		return (direct ? t->thread_info.status : BPF_CORE_READ(t, thread_info.status)) &
		       LG_TS_COMPAT_X86;
	if (bpf_core_field_exists(t->thread.uw.tp_value))
		return (direct ? t->thread_info.flags : BPF_CORE_READ(t, thread_info.flags)) &
		       (1UL << LG_TIF_32BIT_ARM64);
	return false;
}

/* TASK_* bits: `__state` since 5.14. */
static __always_inline u32 lg_task_state(struct task_struct *task, bool direct)
{
	struct task_struct___state *old = (void *)task;

	if (bpf_core_field_exists(task->__state))
		return direct ? task->__state : BPF_CORE_READ(task, __state);
	return direct ? old->state : BPF_CORE_READ(old, state);
}

/* True while a sleeping task waits for I/O. */
static __always_inline bool lg_task_in_iowait(struct task_struct *task, bool direct)
{
	struct task_struct___iowait *t = (void *)task;

	return direct ? BPF_CORE_READ_BITFIELD(t, in_iowait)
		      : BPF_CORE_READ_BITFIELD_PROBED(t, in_iowait);
}

/*
 * True when the task's present or last sleep counts as load: in state D, and not
 * idle. Kept until the next sleep (kernel/sched/core.c).
 */
static __always_inline bool lg_task_sleep_is_load(struct task_struct *task, bool direct)
{
	struct task_struct___load *t = (void *)task;

	if (!bpf_core_field_exists(t->sched_contributes_to_load))
		return false;
	return direct ? BPF_CORE_READ_BITFIELD(t, sched_contributes_to_load)
		      : BPF_CORE_READ_BITFIELD_PROBED(t, sched_contributes_to_load);
}

static __always_inline u64 lg_task_start_ns(struct task_struct *task)
{
	struct task_struct___start *t = (void *)task;

	return BPF_CORE_READ(t, start_time);
}

#endif
