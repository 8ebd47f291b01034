/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What the host calls a scope, as the kernel knows it. */
#ifndef LATGATE_AGENT_SCOPE_LOOKUP_H
#define LATGATE_AGENT_SCOPE_LOOKUP_H

#include "engine.h"
#include "trace_fold.h"

/*
 * Each fills in `scope` whole, or returns -1 with LG_ERR_SCOPE. A name need not
 * be in use yet; a process, thread or cgroup has to be there.
 */
int lg_scope_of_comm(struct lg_scope *scope, const char *name, struct lg_error *err);
/* `kind` says whether it is a process with all its threads or one thread. */
int lg_scope_of_pid(struct lg_scope *scope, enum lg_fold_scope *kind, lg_u32 pid,
		    struct lg_error *err);
int lg_scope_of_cgroup(struct lg_scope *scope, const char *path, struct lg_error *err);

#endif
