/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The steps of one PHASE or EXEC request, from the agent's side. */
#ifndef LATGATE_AGENT_STEP_H
#define LATGATE_AGENT_STEP_H

#include "control.h"
#include "engine.h"
#include "leader.h"
#include "output.h"

struct lg_run {
	const struct lg_step *steps;
	size_t count;
	char **paths;
	struct lg_capture *captures;
	struct lg_slot *slots;
	pid_t leader; /* and session id; 0 = none */
	int ready, go;
};

/*
 * The calls that wait return LG_GO_ON, with err->code set when a step could
 * not be started or did not end, or the exit code when the session is over.
 */

/* Looks up the programs and forks the steps, which then wait. */
int lg_run_start(struct lg_run *run, const struct lg_phase_request *request,
		 struct lg_control *control, struct lg_error *err);
/* Lets the steps run one after the other and waits for the last. */
int lg_run_finish(struct lg_run *run, struct lg_control *control, struct lg_error *err);
/* Ends the leader; with kill_session also whatever the steps left running. */
void lg_run_end(struct lg_run *run, bool kill_session);
/* Sends STEP_RESULT of every step that was started. */
int lg_run_send(const struct lg_run *run, struct lg_output *output, lg_u32 sequence);
void lg_run_free(struct lg_run *run);

#endif
