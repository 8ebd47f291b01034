/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What files of /proc say, see proc(5). */
#ifndef LATGATE_AGENT_PROC_H
#define LATGATE_AGENT_PROC_H

#include <stdbool.h>

#include "probe_abi.h"

/* Of a process or a thread. */
struct lg_proc_stat {
	char state;
	int parent, session;
	unsigned int flags, threads; /* flags: PF_* of the kernel */
};

/* Reads a stat file. False: nothing of that number is there any more. */
bool lg_proc_stat(const char *path, struct lg_proc_stat *stat);

/* The number after `field:` at a line's start, in the first KB. 0 without the file or the line. */
lg_u64 lg_proc_number(const char *path, const char *field);

#endif
