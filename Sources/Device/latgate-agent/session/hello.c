/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* HELLO: host and agent are one release, or part at once. */
#include <stdio.h>
#include <stdlib.h>

#include "agent.h"
#include "attribute.h"
#include "facts.h"
#include "presence.h"
#include "version.h"

struct greeting {
	lg_u32 version, silence_ms;
	char *host_version;
};

static bool read_greeting(struct greeting *greeting, struct lg_cursor payload)
{
	enum lg_attr_state state;
	struct lg_attr attr;
	bool good = true;

	while ((state = lg_attr_next(&payload, &attr)) == LG_ATTR_FOUND && good) {
		switch (attr.type) {
		case LG_ATTR_VERSION:
			good = lg_attr_u32(&attr, &greeting->version);
			break;
		case LG_ATTR_HOST_VERSION:
			good = lg_attr_text(&attr, &greeting->host_version);
			break;
		case LG_ATTR_SILENCE_MS:
			good = lg_attr_u32(&attr, &greeting->silence_ms);
			break;
		}
	}
	return good && state == LG_ATTR_ABSENT;
}

static int refuse_version(struct lg_agent *agent, const struct lg_frame *frame,
			  const struct greeting *greeting)
{
	char wrong[256];

	snprintf(wrong, sizeof(wrong),
		 "host %.64s speaks protocol %u, agent %s speaks %d: use the agent of the host's "
		 "release",
		 greeting->host_version ? greeting->host_version : "(unnamed)", greeting->version,
		 LATGATE_VERSION, LG_PROTOCOL_VERSION);
	return lg_protocol_error(agent, frame, wrong);
}

static int start_engine(struct lg_agent *agent, const struct lg_frame *frame)
{
	struct lg_error err = {0};
	int code;

	if (!lg_engine_new(&agent->engine, &err)) {
		agent->tracer = lg_tracer_new(lg_tracefs_path(), "/sys/devices/system/cpu");
		if (agent->tracer)
			return LG_GO_ON;
		lg_fault(&err, LG_ERR_INTERNAL, "out of memory");
	} else {
		agent->engine = NULL;
	}
	if (!err.code)
		lg_fault(&err, LG_ERR_INTERNAL, "the BPF engine could not start");
	code = lg_output_error(&agent->output, frame->sequence, &err, NULL);
	return code == LG_GO_ON ? LG_EXIT_INTERNAL : code;
}

static int answer_facts(struct lg_agent *agent, lg_u32 sequence)
{
	struct lg_buffer *frames = &agent->output.frames;
	size_t begun = lg_frame_begin(frames, LG_MSG_FACTS, sequence);
	char trace[256], other[64];

	agent->presence = lg_presence_take(other, sizeof(other));
	if (*other)
		lg_put_text(frames, LG_ATTR_OTHER_SESSION, other);

	lg_put_u32(frames, LG_ATTR_VERSION, LG_PROTOCOL_VERSION);
	lg_put_text(frames, LG_ATTR_AGENT_VERSION, LATGATE_VERSION);
	lg_put_facts(frames, agent->engine);
	lg_tracer_feature(agent->tracer, trace, sizeof(trace));
	lg_put_text(frames, LG_ATTR_FEATURE, trace);
	lg_frame_end(frames, begun);
	return lg_output_done(&agent->output, sequence);
}

int lg_handle_hello(struct lg_agent *agent, const struct lg_frame *frame)
{
	struct greeting greeting = {0};
	int code;

	if (!read_greeting(&greeting, frame->payload))
		code = lg_protocol_error(agent, frame, "an attribute is malformed");
	else if (greeting.version != LG_PROTOCOL_VERSION)
		code = refuse_version(agent, frame, &greeting);
	else
		code = start_engine(agent, frame);
	free(greeting.host_version);
	if (code != LG_GO_ON)
		return code;
	lg_watchdog_set(&agent->watchdog, greeting.silence_ms);
	lg_session_greeted(&agent->state);
	return answer_facts(agent, frame->sequence);
}
