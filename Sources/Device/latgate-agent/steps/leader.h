/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The session leader of a phase. Probes know the workload from the rest by its
 * session id, and only a descendant can join a session, so one process leads
 * it and all steps are its children. Every step is forked before the window
 * opens and waits for a byte; inside the window only execve() is left to do.
 * Results go into shared memory: the agent sleeps until the leader exits.
 */
#ifndef LATGATE_AGENT_LEADER_H
#define LATGATE_AGENT_LEADER_H

#include <sys/types.h>

#include "capture.h"
#include "phase_request.h"
#include "probe_abi.h"

enum lg_slot_state {
	LG_SLOT_PENDING,
	LG_SLOT_RUNNING,
	LG_SLOT_ENDED,
	LG_SLOT_TIMED_OUT,
	LG_SLOT_FLOODED, /* printed more than LG_CAPTURE_FLOOD */
	LG_SLOT_NOT_STARTED, /* start_errno says why */
};

/* Written by the leader and, until its execve(), by the step; read by the agent. */
struct lg_slot {
	volatile enum lg_slot_state state;
	volatile int start_errno;
	volatile int status; /* as from waitpid() */
	volatile lg_u64 started_ns, ended_ns; /* CLOCK_MONOTONIC */
};

struct lg_leader {
	pid_t agent;
	const struct lg_step *steps;
	size_t step_count;
	char *const *paths; /* NULL for a sleep */
	const struct lg_capture *captures;
	struct lg_slot *slots;
	int ready; /* written once when all steps wait; closed at the end */
	int go; /* a byte from the agent: run */
};

/* Called in the forked child; runs the steps in turn. */
_Noreturn void lg_leader_main(const struct lg_leader *leader);

#endif
