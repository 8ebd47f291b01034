/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Whose a thread is, from /proc: the rules of bpf/include/scope.h without BPF. */
#ifndef LATGATE_AGENT_TRACE_TASKS_H
#define LATGATE_AGENT_TRACE_TASKS_H

#include <sys/types.h>

#include "probe_abi.h"

struct lg_tasks;

/*
 * Everyone who lives now; `session` is the step's, 0 = none; others than
 * `scope`, a process or a thread, are LG_CLASS_OUTSIDE, 0 = none are. NULL
 * without memory.
 */
struct lg_tasks *lg_tasks_snapshot(pid_t session, lg_u32 scope);
void lg_tasks_free(struct lg_tasks *tasks);
/* LG_CLASS_*; one who came later is looked up now; LG_CLASS_UNKNOWN when gone. `arg` is the tasks. */
lg_u32 lg_tasks_class(void *arg, lg_u32 tid);

#endif
