/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* LOAD_TRACE: a probe made of trace events. */
#include <stdlib.h>

#include "agent.h"
#include "attribute.h"

struct request {
	char *probe;
	struct lg_trace_metric metrics[LG_TRACE_METRICS];
	size_t count;
};

static bool read_metric(struct lg_trace_metric *metric, struct lg_cursor value)
{
	enum lg_attr_state state;
	struct lg_attr attr;
	bool has_id = false, good = true;

	while ((state = lg_attr_next(&value, &attr)) == LG_ATTR_FOUND && good) {
		switch (attr.type) {
		case LG_ATTR_METRIC_ID:
			has_id = good = lg_attr_u32(&attr, &metric->id);
			break;
		case LG_ATTR_METRIC_NAME:
			good = lg_attr_text(&attr, (char **)&metric->name);
			break;
		case LG_ATTR_SPANS:
			/* Lives as long as the frame, which is answered before the next one. */
			metric->spans = attr.value.at;
			metric->spans_size = attr.value.left;
			break;
		}
	}
	return good && state == LG_ATTR_ABSENT && has_id && !metric->name != !metric->spans;
}

static const char *read_request(struct request *request, struct lg_cursor payload)
{
	enum lg_attr_state state;
	struct lg_attr attr;

	while ((state = lg_attr_next(&payload, &attr)) == LG_ATTR_FOUND) {
		if (attr.type == LG_ATTR_PROBE && !lg_attr_text(&attr, &request->probe))
			return "PROBE is not text";
		if (attr.type != LG_ATTR_METRIC)
			continue;
		if (request->count == LG_TRACE_METRICS)
			return "more than 32 metrics";
		if (!read_metric(&request->metrics[request->count++], attr.value))
			return "a METRIC needs METRIC_ID, and METRIC_NAME or SPANS";
	}
	if (state == LG_ATTR_MALFORMED)
		return "an attribute leaves the payload";
	return request->probe && request->probe[0] ? NULL : "PROBE is missing";
}

static void free_request(struct request *request)
{
	for (size_t i = 0; i < request->count; i++)
		free((char *)request->metrics[i].name);
	free(request->probe);
}

struct hooks {
	struct lg_buffer *frames;
	const char *probe;
	lg_u32 sequence;
};

static void put_hook(void *arg, const struct lg_hook_report *report)
{
	const struct hooks *hooks = arg;
	size_t begun = lg_frame_begin(hooks->frames, LG_MSG_HOOK, hooks->sequence);

	lg_put_text(hooks->frames, LG_ATTR_PROBE, hooks->probe);
	lg_put_text(hooks->frames, LG_ATTR_HOOK, report->hook);
	lg_put_text(hooks->frames, LG_ATTR_RUNG, report->rung);
	lg_put_text(hooks->frames, LG_ATTR_PROGRAM, report->program);
	if (report->why)
		lg_put_text(hooks->frames, LG_ATTR_TEXT, report->why);
	lg_frame_end(hooks->frames, begun);
}

int lg_handle_load_trace(struct lg_agent *agent, const struct lg_frame *frame)
{
	struct request request = {0};
	struct hooks hooks = {&agent->output.frames, NULL, frame->sequence};
	struct lg_error err = {0};
	const char *wrong = read_request(&request, frame->payload);
	int code;

	if (wrong) {
		free_request(&request);
		return lg_protocol_error(agent, frame, wrong);
	}
	hooks.probe = request.probe;
	if (lg_tracer_load(agent->tracer, request.probe, request.metrics, request.count, put_hook,
			   &hooks, &err) &&
	    !err.code)
		lg_fault(&err, LG_ERR_INTERNAL, "the trace events could not be prepared");
	code = lg_answer(agent, frame->sequence, &err, request.probe);
	free_request(&request);
	return code;
}
