/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#define _GNU_SOURCE 1
#include "session.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "agent.h"
#include "clock.h"
#include "sweep.h"

int lg_protocol_error(struct lg_agent *agent, const struct lg_frame *frame, const char *wrong)
{
	struct lg_error err = {0};

	lg_fault(&err, LG_ERR_PROTOCOL, "%s: %s", lg_message_name(frame->type), wrong);
	lg_buffer_reset(&agent->output.frames);
	lg_output_error(&agent->output, frame->sequence, &err, NULL);
	return LG_EXIT_PROTOCOL;
}

int lg_answer(struct lg_agent *agent, lg_u32 sequence, const struct lg_error *err,
	      const char *probe)
{
	return err->code ? lg_output_error(&agent->output, sequence, err, probe)
			 : lg_output_done(&agent->output, sequence);
}

static int handle(struct lg_agent *agent, const struct lg_frame *frame)
{
	int code;

	switch (frame->type) {
	case LG_MSG_HELLO:
		return lg_handle_hello(agent, frame);
	case LG_MSG_LOAD:
		return lg_handle_load(agent, frame);
	case LG_MSG_LOAD_PINNED:
		return lg_handle_load_pinned(agent, frame);
	case LG_MSG_LOAD_TRACE:
		return lg_handle_load_trace(agent, frame);
	case LG_MSG_CANARY:
		return lg_handle_canary(agent, frame);
	case LG_MSG_SCOPE:
		return lg_handle_scope(agent, frame);
	case LG_MSG_ATTACH:
		return lg_handle_attach(agent, frame);
	case LG_MSG_DETACH:
		return lg_handle_detach(agent, frame);
	case LG_MSG_UNLOAD:
		return lg_handle_unload(agent, frame);
	case LG_MSG_EXEC:
		return lg_handle_exec(agent, frame);
	case LG_MSG_PHASE:
		return lg_handle_phase(agent, frame);
	case LG_MSG_WINDOW_OPEN:
		return lg_handle_window_open(agent, frame);
	case LG_MSG_WINDOW_CLOSE:
		return lg_handle_window_close(agent, frame);
	case LG_MSG_SNAPSHOT:
		return lg_handle_snapshot(agent, frame);
	case LG_MSG_STATS:
		return lg_handle_stats(agent, frame);
	case LG_MSG_COSTS:
		return lg_handle_costs(agent, frame);
	case LG_MSG_READ_MAP:
		return lg_handle_read_map(agent, frame);
	case LG_MSG_READ_FILES:
		return lg_handle_read_files(agent, frame);
	case LG_MSG_BYE:
		code = lg_output_done(&agent->output, frame->sequence);
		return code == LG_GO_ON ? LG_EXIT_OK : code;
	default:
		return lg_output_done(&agent->output, frame->sequence);
	}
}

static int refuse(struct lg_agent *agent, const struct lg_frame *frame)
{
	struct lg_error err = {0};

	lg_fault(&err, LG_ERR_STATE, "%s is not allowed now: %s", lg_message_name(frame->type),
		 frame->type == LG_MSG_HELLO ? "HELLO was said already"
		 : frame->type == LG_MSG_WINDOW_CLOSE || frame->type == LG_MSG_SNAPSHOT
			 ? "no window is open"
			 : "a window is open");
	return lg_output_error(&agent->output, frame->sequence, &err, NULL);
}

static int dispatch(struct lg_agent *agent, const struct lg_frame *frame)
{
	switch (lg_session_frame(&agent->state, frame->type, (lg_u32)frame->payload.left)) {
	case LG_ACTION_HANDLE:
		return handle(agent, frame);
	case LG_ACTION_BLOB_PART:
		return lg_handle_blob(agent, frame, false);
	case LG_ACTION_BLOB_LAST:
		return lg_handle_blob(agent, frame, true);
	case LG_ACTION_REFUSE:
		return refuse(agent, frame);
	case LG_ACTION_PROTOCOL_ERROR:
		break;
	}
	return lg_protocol_error(agent, frame, "not expected at this point of the session");
}

/* The watchdog runs on CLOCK_BOOTTIME: a suspended device does not keep a dead host's probes. */
static void heard(struct lg_agent *agent)
{
	lg_watchdog_heard(&agent->watchdog, lg_clock_ns(CLOCK_BOOTTIME));
}

static int await_input(struct lg_agent *agent)
{
	lg_u64 left = lg_watchdog_left_ns(&agent->watchdog, lg_clock_ns(CLOCK_BOOTTIME));
	enum lg_wake wake = lg_control_wait(&agent->control, agent->control.input, POLLIN,
					    lg_monotonic_ns() + left);

	if (wake == LG_WAKE_READY)
		return LG_GO_ON;
	return wake == LG_WAKE_DEADLINE ? LG_EXIT_SILENT_HOST
					: lg_control_exit_code(&agent->control, wake);
}

static int took(struct lg_agent *agent, size_t n)
{
	struct lg_frame frame = {0};
	int code;

	switch (lg_inbox_took(&agent->inbox, n, &frame)) {
	case LG_INBOX_MORE:
		return LG_GO_ON;
	case LG_INBOX_FRAME:
		code = dispatch(agent, &frame);
		heard(agent);
		return code;
	case LG_INBOX_TOO_LONG:
		return lg_protocol_error(agent, &frame, "its length is over 1 MiB");
	case LG_INBOX_FLAGS:
		return lg_protocol_error(agent, &frame, "it has unknown flags");
	case LG_INBOX_NO_MEMORY:
		break;
	}
	return LG_EXIT_INTERNAL;
}

static int receive(struct lg_agent *agent)
{
	struct lg_frame cut = {0};
	size_t space;
	uint8_t *at = lg_inbox_space(&agent->inbox, &space);
	ssize_t n = read(agent->control.input, at, space);

	if (n > 0)
		return took(agent, (size_t)n);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return LG_GO_ON;
	if (!n && lg_inbox_inside_frame(&agent->inbox))
		return lg_protocol_error(agent, &cut, "the input ended inside a frame");
	return LG_EXIT_HOST_GONE;
}

static int serve(struct lg_agent *agent)
{
	int code = LG_GO_ON;

	lg_watchdog_set(&agent->watchdog, 0);
	heard(agent);
	while (code == LG_GO_ON) {
		code = await_input(agent);
		if (code == LG_GO_ON)
			code = receive(agent);
	}
	return code;
}

int lg_session_run(int input, int output)
{
	struct lg_agent agent = {.presence = -1};
	int code;

	if (lg_control_open(&agent.control, input)) {
		perror("latgate-agent: signals could not be set up");
		return LG_EXIT_INTERNAL;
	}
	lg_output_open(&agent.output, output, &agent.control);
	lg_sweep_prepare();
	code = serve(&agent);
	/* First: the sweep below would end the tracer's guard, too. */
	lg_tracer_free(agent.tracer);
	if (agent.engine)
		lg_engine_free(agent.engine);
	lg_sweep_descendants();
	lg_load_free(agent.load);
	lg_inbox_free(&agent.inbox);
	lg_output_close(&agent.output);
	close(agent.control.signals);
	/* Last: until then the session is in the way of another one. */
	if (agent.presence >= 0)
		close(agent.presence);
	return code;
}
