/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* LOAD with its BLOB frames, and the other requests about probes. */
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "attribute.h"

enum { METRICS_MAX = 256 };

struct lg_load {
	lg_u32 sequence;
	char *probe;
	char *btf_path; /* or NULL */
	char *pin_folder, *pin_manifest; /* of LOAD_PINNED, or NULL */
	struct lg_metric_def *metrics;
	size_t metric_count;
	uint8_t *object;
	lg_u32 size, have;
};

void lg_load_free(struct lg_load *load)
{
	if (!load)
		return;
	for (size_t i = 0; i < load->metric_count; i++) {
		free((char *)load->metrics[i].map);
		free((char *)load->metrics[i].names_map);
	}
	free(load->metrics);
	free(load->probe);
	free(load->btf_path);
	free(load->pin_folder);
	free(load->pin_manifest);
	free(load->object);
	free(load);
}

static bool read_metric(struct lg_metric_def *metric, struct lg_cursor value)
{
	enum lg_attr_state state;
	struct lg_attr attr;
	bool has_id = false, good = true;

	while ((state = lg_attr_next(&value, &attr)) == LG_ATTR_FOUND && good) {
		switch (attr.type) {
		case LG_ATTR_METRIC_ID:
			has_id = good = lg_attr_u32(&attr, &metric->id);
			break;
		case LG_ATTR_MAP:
			good = lg_attr_text(&attr, (char **)&metric->map);
			break;
		case LG_ATTR_COUNTERS_INDEX:
			good = lg_attr_u32(&attr, &metric->counters_index);
			break;
		case LG_ATTR_NAMES_MAP:
			good = lg_attr_text(&attr, (char **)&metric->names_map);
			break;
		case LG_ATTR_KIND:
			good = lg_attr_u32(&attr, &metric->kind);
			break;
		}
	}
	return good && state == LG_ATTR_ABSENT && has_id && metric->map;
}

static const char *add_metric(struct lg_load *load, struct lg_cursor value)
{
	struct lg_metric_def *metrics;

	if (load->metric_count == METRICS_MAX)
		return "more than 256 metrics";
	metrics = realloc(load->metrics, (load->metric_count + 1) * sizeof(*metrics));
	if (!metrics)
		return "no memory for a metric";
	load->metrics = metrics;
	metrics += load->metric_count++;
	*metrics = (struct lg_metric_def){0};
	return read_metric(metrics, value) ? NULL : "a METRIC needs METRIC_ID and MAP";
}

static const char *read_load(struct lg_load *load, struct lg_cursor payload)
{
	enum lg_attr_state state;
	struct lg_attr attr;
	const char *wrong = NULL;

	while ((state = lg_attr_next(&payload, &attr)) == LG_ATTR_FOUND && !wrong) {
		switch (attr.type) {
		case LG_ATTR_PROBE:
			if (!lg_attr_text(&attr, &load->probe))
				wrong = "PROBE is not text";
			break;
		case LG_ATTR_OBJECT_SIZE:
			if (!lg_attr_u32(&attr, &load->size))
				wrong = "OBJECT_SIZE is not a u32";
			break;
		case LG_ATTR_BTF_PATH:
			if (!lg_attr_text(&attr, &load->btf_path))
				wrong = "BTF_PATH is not text";
			break;
		case LG_ATTR_PIN_FOLDER:
			if (!lg_attr_text(&attr, &load->pin_folder))
				wrong = "PIN_FOLDER is not text";
			break;
		case LG_ATTR_PIN_MANIFEST:
			if (!lg_attr_text(&attr, &load->pin_manifest))
				wrong = "PIN_MANIFEST is not text";
			break;
		case LG_ATTR_METRIC:
			wrong = add_metric(load, attr.value);
			break;
		}
	}
	if (!wrong && state == LG_ATTR_MALFORMED)
		wrong = "an attribute leaves the payload";
	if (!wrong && (!load->probe || !load->probe[0]))
		wrong = "PROBE is missing";
	return wrong;
}

int lg_handle_load(struct lg_agent *agent, const struct lg_frame *frame)
{
	struct lg_load *load = calloc(1, sizeof(*load));
	const char *wrong;

	if (!load)
		return LG_EXIT_INTERNAL;
	agent->load = load;
	load->sequence = frame->sequence;
	wrong = read_load(load, frame->payload);
	if (!wrong && !lg_session_load(&agent->state, load->size))
		wrong = "OBJECT_SIZE is 0 or over 16 MiB";
	if (wrong)
		return lg_protocol_error(agent, frame, wrong);
	load->object = malloc(load->size);
	return load->object ? LG_GO_ON : LG_EXIT_INTERNAL;
}

static void put_hook(void *arg, const struct lg_hook_report *report)
{
	struct lg_agent *agent = arg;
	struct lg_buffer *frames = &agent->output.frames;
	size_t begun = lg_frame_begin(frames, LG_MSG_HOOK, agent->load->sequence);

	lg_put_text(frames, LG_ATTR_PROBE, agent->load->probe);
	lg_put_text(frames, LG_ATTR_HOOK, report->hook);
	lg_put_text(frames, LG_ATTR_RUNG, report->rung);
	lg_put_text(frames, LG_ATTR_PROGRAM, report->program ? report->program : "");
	if (report->why && report->why[0])
		lg_put_text(frames, LG_ATTR_TEXT, report->why);
	lg_frame_end(frames, begun);
}

int lg_handle_blob(struct lg_agent *agent, const struct lg_frame *frame, bool last)
{
	struct lg_load *load = agent->load;
	struct lg_error err = {0};
	int code;

	memcpy(load->object + load->have, frame->payload.at, frame->payload.left);
	load->have += (lg_u32)frame->payload.left;
	if (!last)
		return LG_GO_ON;
	if (lg_engine_load(agent->engine, load->probe, load->object, load->size, load->metrics,
			   load->metric_count, load->btf_path, put_hook, agent, &err) &&
	    !err.code)
		lg_fault(&err, LG_ERR_INTERNAL, "the probe could not be loaded");
	code = lg_answer(agent, load->sequence, &err, load->probe);
	lg_load_free(load);
	agent->load = NULL;
	return code;
}

int lg_handle_load_pinned(struct lg_agent *agent, const struct lg_frame *frame)
{
	struct lg_load *load = calloc(1, sizeof(*load));
	struct lg_error err = {0};
	const char *wrong;
	int code;

	if (!load)
		return LG_EXIT_INTERNAL;
	agent->load = load;
	load->sequence = frame->sequence;
	wrong = read_load(load, frame->payload);
	if (wrong)
		return lg_protocol_error(agent, frame, wrong);
	if (lg_engine_load_pinned(agent->engine, load->probe, load->pin_folder, load->pin_manifest,
				  load->metrics, load->metric_count, put_hook, agent, &err) &&
	    !err.code)
		lg_fault(&err, LG_ERR_INTERNAL, "the pinned probe could not be taken");
	code = lg_answer(agent, load->sequence, &err, load->probe);
	lg_load_free(load);
	agent->load = NULL;
	return code;
}

int lg_handle_canary(struct lg_agent *agent, const struct lg_frame *frame)
{
	struct lg_error err = {0};

	if (lg_engine_canary(agent->engine, &err) && !err.code)
		lg_fault(&err, LG_ERR_INTERNAL, "the first program could not be loaded");
	return lg_answer(agent, frame->sequence, &err, NULL);
}

int lg_handle_attach(struct lg_agent *agent, const struct lg_frame *frame)
{
	struct lg_error err = {0};

	if (lg_engine_attach(agent->engine, &err) && !err.code)
		lg_fault(&err, LG_ERR_INTERNAL, "the probes could not be attached");
	if (!err.code && lg_tracer_attach(agent->tracer, &err))
		lg_engine_detach(agent->engine);
	return lg_answer(agent, frame->sequence, &err, NULL);
}

int lg_handle_detach(struct lg_agent *agent, const struct lg_frame *frame)
{
	lg_engine_detach(agent->engine);
	lg_tracer_detach(agent->tracer);
	return lg_output_done(&agent->output, frame->sequence);
}

int lg_handle_unload(struct lg_agent *agent, const struct lg_frame *frame)
{
	struct lg_cursor payload = frame->payload;
	struct lg_error err = {0};
	struct lg_attr attr;
	char *probe = NULL;
	int code;

	while (lg_attr_next(&payload, &attr) == LG_ATTR_FOUND) {
		if (attr.type == LG_ATTR_PROBE && !lg_attr_text(&attr, &probe))
			break;
	}
	if (payload.left || !probe) {
		free(probe);
		return lg_protocol_error(agent, frame, "PROBE is missing or malformed");
	}
	if (lg_engine_unload(agent->engine, probe) && lg_tracer_unload(agent->tracer, probe))
		lg_fault(&err, LG_ERR_STATE, "no probe named %s is loaded", probe);
	code = lg_answer(agent, frame->sequence, &err, probe);
	free(probe);
	return code;
}
