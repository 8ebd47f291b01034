/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The raw pages of every CPU. While a window is open a thread looks at the
 * fill of the buffers now and then and empties them only when they run full,
 * so most windows are not disturbed at all.
 */
#ifndef LATGATE_AGENT_TRACE_PIPES_H
#define LATGATE_AGENT_TRACE_PIPES_H

#include "trace_merge.h"

struct lg_pipes;

/* Opens every CPU's trace_pipe_raw. 0 or a negative errno. */
int lg_pipes_open(struct lg_pipes **out, const char *root, const struct lg_page_layout *layout,
		  struct lg_merge *merge);
void lg_pipes_close(struct lg_pipes *pipes); /* ends the thread too; NULL is fine */

/* Starts and ends the thread; in between the merge is its alone. */
int lg_pipes_start(struct lg_pipes *pipes);
void lg_pipes_stop(struct lg_pipes *pipes);

/*
 * Moves all pages there are into the merge. True when every CPU was emptied:
 * what was written before the call is in the merge then.
 */
bool lg_pipes_empty(struct lg_pipes *pipes);
/* Events that the kernel threw away, all CPUs, since the pipes were opened. */
lg_u64 lg_pipes_lost(const struct lg_pipes *pipes);

#endif
