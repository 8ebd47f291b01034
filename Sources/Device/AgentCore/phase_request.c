/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include "phase_request.h"

#include <stdlib.h>
#include <string.h>

#include "agent_protocol.h"
#include "attribute.h"

/* The pointers and the text they point to are one allocation. */
static const char *read_argv(struct lg_step *step, const struct lg_cursor *value)
{
	size_t count = 1, i;
	char *text;

	if (!value->left || !value->at[0])
		return "a step's ARGV is empty";
	for (i = 0; i < value->left; i++)
		count += !value->at[i];
	if (count > LG_ARGUMENTS_MAX)
		return "a step's ARGV has more than 1024 arguments";
	if (step->argv)
		return "a step has ARGV twice";
	step->argv = malloc((count + 1) * sizeof(*step->argv) + value->left + 1);
	if (!step->argv)
		return "no memory for a step's ARGV";
	text = (char *)(step->argv + count + 1);
	memcpy(text, value->at, value->left);
	text[value->left] = 0;
	for (i = 0; i < count; i++, text += strlen(text) + 1)
		step->argv[i] = text;
	step->argv[count] = NULL;
	return NULL;
}

static const char *read_step(struct lg_step *step, struct lg_cursor value)
{
	enum lg_attr_state state;
	struct lg_attr attr;
	const char *wrong = NULL;
	bool sleeps = false;

	while ((state = lg_attr_next(&value, &attr)) == LG_ATTR_FOUND && !wrong) {
		switch (attr.type) {
		case LG_ATTR_ARGV:
			wrong = read_argv(step, &attr.value);
			break;
		case LG_ATTR_SLEEP_NS:
			sleeps = true;
			if (!lg_attr_u64(&attr, &step->sleep_ns) ||
			    step->sleep_ns > LG_SLEEP_MAX_NS)
				wrong = "SLEEP_NS is not a u64 up to 24 h";
			break;
		case LG_ATTR_TIMEOUT_MS:
			if (!lg_attr_u32(&attr, &step->timeout_ms))
				wrong = "TIMEOUT_MS is not a u32";
			break;
		}
	}
	if (wrong)
		return wrong;
	if (state == LG_ATTR_MALFORMED)
		return "an attribute inside STEP leaves it";
	if (sleeps == (step->argv != NULL))
		return "a STEP needs either ARGV or SLEEP_NS";
	if (!step->timeout_ms)
		step->timeout_ms = LG_STEP_TIMEOUT_DEFAULT_MS;
	return NULL;
}

static const char *add_step(struct lg_phase_request *request, struct lg_cursor value)
{
	struct lg_step *steps;

	if (request->step_count == LG_STEPS_MAX)
		return "more than 64 steps in one phase";
	steps = realloc(request->steps, (request->step_count + 1) * sizeof(*steps));
	if (!steps)
		return "no memory for a step";
	request->steps = steps;
	steps += request->step_count++;
	*steps = (struct lg_step){0};
	return read_step(steps, value);
}

static const char *read_attribute(struct lg_phase_request *request, const struct lg_attr *attr)
{
	switch (attr->type) {
	case LG_ATTR_PHASE:
		if (!lg_attr_u32(attr, &request->phase) || !request->phase || request->phase > 255)
			return "PHASE is not a u32 in 1-255";
		return NULL;
	case LG_ATTR_PREROLL_NS:
		if (!lg_attr_u64(attr, &request->preroll_ns) ||
		    request->preroll_ns > LG_EDGE_MAX_NS)
			return "PREROLL_NS is not a u64 up to 600 s";
		return NULL;
	case LG_ATTR_DRAIN_NS:
		if (!lg_attr_u64(attr, &request->drain_ns) || request->drain_ns > LG_EDGE_MAX_NS)
			return "DRAIN_NS is not a u64 up to 600 s";
		return NULL;
	case LG_ATTR_STEP:
		return add_step(request, attr->value);
	}
	return NULL;
}

const char *lg_phase_request_read(struct lg_phase_request *request, struct lg_cursor payload)
{
	enum lg_attr_state state;
	struct lg_attr attr;
	const char *wrong;

	*request = (struct lg_phase_request){0};
	while ((state = lg_attr_next(&payload, &attr)) == LG_ATTR_FOUND) {
		wrong = read_attribute(request, &attr);
		if (wrong)
			return wrong;
	}
	return state == LG_ATTR_MALFORMED ? "an attribute leaves the payload" : NULL;
}

void lg_phase_request_free(struct lg_phase_request *request)
{
	for (size_t i = 0; i < request->step_count; i++)
		free(request->steps[i].argv);
	free(request->steps);
	*request = (struct lg_phase_request){0};
}
