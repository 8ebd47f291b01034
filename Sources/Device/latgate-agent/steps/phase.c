/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* PHASE, EXEC and the host's own windows. */
#include <stdlib.h>

#include "agent.h"
#include "phase_request.h"
#include "step.h"
#include "window.h"

int lg_handle_exec(struct lg_agent *agent, const struct lg_frame *frame)
{
	struct lg_phase_request request;
	struct lg_error err = {0};
	struct lg_run run = {.ready = -1, .go = -1};
	const char *wrong = lg_phase_request_read(&request, frame->payload);
	int code = LG_GO_ON;

	if (!wrong && request.step_count != 1)
		wrong = "it needs exactly one STEP";
	if (wrong) {
		lg_phase_request_free(&request);
		return lg_protocol_error(agent, frame, wrong);
	}
	code = lg_run_start(&run, &request, &agent->control, &err);
	if (code == LG_GO_ON && !err.code)
		code = lg_run_finish(&run, &agent->control, &err);
	/* A set-up step may start a server for the phases to come; only a failed step is cleared away. */
	lg_run_end(&run, code != LG_GO_ON || err.code);
	if (code == LG_GO_ON)
		code = lg_run_send(&run, &agent->output, frame->sequence);
	if (code == LG_GO_ON)
		code = lg_answer(agent, frame->sequence, &err, NULL);
	lg_run_free(&run);
	lg_phase_request_free(&request);
	return code;
}

static int measure(struct lg_agent *agent, const struct lg_phase_request *request,
		   struct lg_run *run, struct lg_error *err)
{
	int code = lg_run_start(run, request, &agent->control, err);

	if (code != LG_GO_ON || err->code)
		return code;
	code = lg_window_arm(agent, request, run->leader, err);
	if (code != LG_GO_ON || err->code)
		return code;
	lg_window_open(agent);
	code = lg_run_finish(run, &agent->control, err);
	if (code != LG_GO_ON)
		return code;
	return lg_window_close(agent, request->drain_ns);
}

/* The steps' results come first on the wire, but nothing is sent before the read is over. */
static int answer_phase(struct lg_agent *agent, const struct lg_run *run, lg_u32 sequence,
			struct lg_error *err)
{
	struct lg_buffer read = {0};
	int code;

	if (!err->code)
		lg_window_read(agent, sequence, err);
	read = agent->output.frames;
	agent->output.frames = (struct lg_buffer){0};
	code = lg_run_send(run, &agent->output, sequence);
	lg_buffer_free(&agent->output.frames);
	agent->output.frames = read;
	return code == LG_GO_ON ? lg_answer(agent, sequence, err, NULL) : code;
}

int lg_handle_phase(struct lg_agent *agent, const struct lg_frame *frame)
{
	struct lg_phase_request request;
	struct lg_error err = {0};
	struct lg_run run = {.ready = -1, .go = -1};
	const char *wrong = lg_phase_request_read(&request, frame->payload);
	int code;

	if (!wrong && (!request.phase || !request.step_count))
		wrong = "it needs PHASE and at least one STEP";
	if (wrong) {
		lg_phase_request_free(&request);
		return lg_protocol_error(agent, frame, wrong);
	}
	code = measure(agent, &request, &run, &err);
	lg_run_end(&run, true);
	if (code == LG_GO_ON)
		code = answer_phase(agent, &run, frame->sequence, &err);
	lg_run_free(&run);
	lg_phase_request_free(&request);
	return code;
}

int lg_handle_window_open(struct lg_agent *agent, const struct lg_frame *frame)
{
	struct lg_phase_request request;
	struct lg_error err = {0};
	const char *wrong = lg_phase_request_read(&request, frame->payload);
	int code = LG_GO_ON;

	if (!wrong && (!request.phase || request.step_count))
		wrong = "it needs PHASE and takes no STEP";
	if (wrong)
		code = lg_protocol_error(agent, frame, wrong);
	else
		code = lg_window_arm(agent, &request, 0, &err);
	lg_phase_request_free(&request);
	if (code != LG_GO_ON)
		return code;
	if (!err.code) {
		lg_window_open(agent);
		lg_session_window(&agent->state, true);
	}
	return lg_answer(agent, frame->sequence, &err, NULL);
}

int lg_handle_snapshot(struct lg_agent *agent, const struct lg_frame *frame)
{
	struct lg_error err = {0};

	lg_window_look(agent, frame->sequence, &err);
	return lg_answer(agent, frame->sequence, &err, NULL);
}

int lg_handle_window_close(struct lg_agent *agent, const struct lg_frame *frame)
{
	struct lg_phase_request request;
	struct lg_error err = {0};
	const char *wrong = lg_phase_request_read(&request, frame->payload);
	lg_u64 drain_ns = request.drain_ns;
	int code;

	lg_phase_request_free(&request);
	if (wrong)
		return lg_protocol_error(agent, frame, wrong);
	code = lg_window_close(agent, drain_ns);
	lg_session_window(&agent->state, false);
	if (code != LG_GO_ON)
		return code;
	lg_window_read(agent, frame->sequence, &err);
	return lg_answer(agent, frame->sequence, &err, NULL);
}
