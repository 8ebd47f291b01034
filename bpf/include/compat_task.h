/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Facts of a task that only some kernels keep, or keep elsewhere. */
#ifndef LATGATE_COMPAT_TASK_H
#define LATGATE_COMPAT_TASK_H

#include "kernel_types.h"
#include "read.h"

enum {
	LG_TIF_32BIT_ARM64 = 22,
	LG_TS_COMPAT_X86 = 0x0002,
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct thread_info___compat {
	unsigned long flags;
	u32 status;
};

struct task_struct___compat {
	struct thread_info___compat thread_info;
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
#if defined(__TARGET_ARCH_x86)
	struct task_struct___compat *t = (void *)task;

	return lg_read(t, thread_info.status, direct) & LG_TS_COMPAT_X86;
#elif defined(__TARGET_ARCH_arm64)
	struct task_struct___compat *t = (void *)task;

	return lg_read(t, thread_info.flags, direct) & (1UL << LG_TIF_32BIT_ARM64);
#else
	return false;
#endif
}

/* TASK_* bits: `__state` since 5.14. */
static __always_inline u32 lg_task_state(struct task_struct *task, bool direct)
{
	struct task_struct___state *old = (void *)task;

	if (bpf_core_field_exists(task->__state))
		return lg_read(task, __state, direct);
	return lg_read(old, state, direct);
}

/* True while a sleeping task waits for I/O. */
static __always_inline bool lg_task_in_iowait(struct task_struct *task, bool direct)
{
	struct task_struct___iowait *t = (void *)task;

	return lg_read_bits(t, in_iowait, direct);
}

/*
 * True when the task's present or last sleep counts as load: in state D, and not
 * idle. Kept until the next sleep (kernel/sched/core.c).
 */
static __always_inline bool lg_task_sleep_is_load(struct task_struct *task, bool direct)
{
	struct task_struct___load *t = (void *)task;

	return lg_read_bits(t, sched_contributes_to_load, direct);
}

static __always_inline u64 lg_task_start_ns(struct task_struct *task)
{
	struct task_struct___start *t = (void *)task;

	return lg_read(t, start_time, false);
}

#endif
