/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Binder types; see kernel_types.h. The module's BTF or the built-in driver's. */
#ifndef LATGATE_KERNEL_BINDER_H
#define LATGATE_KERNEL_BINDER_H

#include "kernel_types.h"

enum { LG_TF_ONE_WAY = 1 };

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct binder_proc {
	int pid;
	struct task_struct *tsk;
};

struct binder_thread {
	int pid;
	struct binder_proc *proc;
};

struct binder_transaction {
	int debug_id;
	struct binder_thread *from;
	struct binder_proc *to_proc;
	unsigned int flags;
	unsigned int code;
	unsigned int need_reply : 1;
};

#pragma clang attribute pop

#endif
