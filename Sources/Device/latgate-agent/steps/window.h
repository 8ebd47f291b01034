/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Opening, closing and reading a window: the part PHASE and the host's own windows share. */
#ifndef LATGATE_AGENT_WINDOW_H
#define LATGATE_AGENT_WINDOW_H

#include "agent.h"
#include "phase_request.h"

/* The calls that wait return LG_GO_ON (look at err->code) or an exit code. */

/* Arms the start side for processes of `session` (0 = none) and waits out the pre-roll. */
int lg_window_arm(struct lg_agent *agent, const struct lg_phase_request *request, pid_t session,
		  struct lg_error *err);
void lg_window_open(struct lg_agent *agent);
/* Drains for at most drain_ns and closes. */
int lg_window_close(struct lg_agent *agent, lg_u64 drain_ns);
/* Gathers what the metrics gave, COUNTERS* and WINDOW; on an error gathers nothing. */
void lg_window_read(struct lg_agent *agent, lg_u32 sequence, struct lg_error *err);
/* The same of an open window; trace events are not looked at. */
void lg_window_look(struct lg_agent *agent, lg_u32 sequence, struct lg_error *err);

#endif
