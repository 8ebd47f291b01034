/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Processes that steps left behind. */
#ifndef LATGATE_AGENT_SWEEP_H
#define LATGATE_AGENT_SWEEP_H

#include <sys/types.h>

/* Makes orphans of the agent's descendants its own children, so that none escapes. */
void lg_sweep_prepare(void);
/* Kills every process of the session, whatever its process group. */
void lg_sweep_session(pid_t session);
/* Kills every descendant, including those that made a session of their own. */
void lg_sweep_descendants(void);
/* Collects orphans that ended. */
void lg_sweep_reap(void);

#endif
