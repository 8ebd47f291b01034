/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* LOAD with its BLOB frames, and the other requests about probes. */
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "attribute.h"

enum { METRICS_MAX = 256, HOOKS_MAX = 16, PROGRAMS_MAX = 64 };

enum { GATHERED_MAX = 64 << 10 };

struct lg_map_answer {
	struct lg_agent *agent;
	lg_u32 sequence;
};

struct lg_load {
	lg_u32 sequence;
	char *probe;
	char *btf_path; /* or NULL */
	char *pin_directory, *pin_manifest; /* of LOAD_PINNED, or NULL */
	struct lg_metric_def *metrics;
	size_t metric_count;
	struct lg_sites *sites;
	size_t site_count;
	char **programs; /* of an object of another tool */
	size_t program_count;
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
	for (size_t i = 0; i < load->site_count; i++) {
		free((char *)load->sites[i].hook);
		free((char *)load->sites[i].path);
		free((unsigned char *)load->sites[i].id);
		free((struct lg_site *)load->sites[i].sites);
	}
	free(load->sites);
	for (size_t i = 0; i < load->program_count; i++)
		free(load->programs[i]);
	free(load->programs);
	free(load->metrics);
	free(load->probe);
	free(load->btf_path);
	free(load->pin_directory);
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

static bool read_site(struct lg_site *site, struct lg_cursor value)
{
	enum lg_attr_state state;
	struct lg_attr attr;
	uint64_t offset;
	bool has_offset = false;

	while ((state = lg_attr_next(&value, &attr)) == LG_ATTR_FOUND) {
		if (attr.type == LG_ATTR_SITE_OFFSET) {
			if (!lg_attr_u64(&attr, &offset))
				return false;
			has_offset = true;
			site->offset = offset;
		} else if (attr.type == LG_ATTR_SITE_SEMAPHORE) {
			if (!lg_attr_u64(&attr, &offset) || !offset)
				return false;
			site->semaphore = offset;
		} else if (attr.type == LG_ATTR_SITE_CODE) {
			if (attr.value.left > sizeof(site->code))
				return false;
			memcpy(site->code, attr.value.at, attr.value.left);
			site->size = (lg_u32)attr.value.left;
		}
	}
	return state == LG_ATTR_ABSENT && has_offset && site->size;
}

static bool add_site(struct lg_sites *sites, struct lg_cursor value)
{
	struct lg_site *list;

	if (sites->count == LG_SITES_MAX)
		return false;
	list = realloc((struct lg_site *)sites->sites, (sites->count + 1) * sizeof(*list));
	if (!list)
		return false;
	sites->sites = list;
	list[sites->count] = (struct lg_site){0};
	return read_site(&list[sites->count++], value);
}

static bool read_id(struct lg_sites *sites, const struct lg_cursor *value)
{
	unsigned char *id;

	if (sites->id || !value->left || value->left > LG_FILE_ID_MAX)
		return false;
	id = malloc(value->left);
	if (!id)
		return false;
	memcpy(id, value->at, value->left);
	sites->id = id;
	sites->id_size = value->left;
	return true;
}

static bool read_sites(struct lg_sites *sites, struct lg_cursor value)
{
	enum lg_attr_state state;
	struct lg_attr attr;
	bool good = true;

	while ((state = lg_attr_next(&value, &attr)) == LG_ATTR_FOUND && good) {
		switch (attr.type) {
		case LG_ATTR_HOOK:
			good = lg_attr_text(&attr, (char **)&sites->hook);
			break;
		case LG_ATTR_PATH:
			good = lg_attr_text(&attr, (char **)&sites->path);
			break;
		case LG_ATTR_FILE_ID:
			good = read_id(sites, &attr.value);
			break;
		case LG_ATTR_SITE:
			good = add_site(sites, attr.value);
			break;
		}
	}
	return good && state == LG_ATTR_ABSENT && sites->hook && sites->path && sites->count;
}

static const char *add_sites(struct lg_load *load, struct lg_cursor value)
{
	struct lg_sites *sites;

	if (load->site_count == HOOKS_MAX)
		return "more than 16 SITES";
	sites = realloc(load->sites, (load->site_count + 1) * sizeof(*sites));
	if (!sites)
		return "no memory for SITES";
	load->sites = sites;
	sites += load->site_count++;
	*sites = (struct lg_sites){0};
	return read_sites(sites, value)
		       ? NULL
		       : "SITES need HOOK, PATH and SITE with SITE_OFFSET and SITE_CODE";
}

static const char *add_program(struct lg_load *load, const struct lg_attr *attr)
{
	char **programs;

	if (load->program_count == PROGRAMS_MAX)
		return "more than 64 programs";
	programs = realloc(load->programs, (load->program_count + 1) * sizeof(*programs));
	if (!programs)
		return "no memory for a program";
	load->programs = programs;
	programs[load->program_count] = NULL;
	return lg_attr_text(attr, &programs[load->program_count++]) ? NULL : "PROGRAM is not text";
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
		case LG_ATTR_PIN_DIRECTORY:
			if (!lg_attr_text(&attr, &load->pin_directory))
				wrong = "PIN_DIRECTORY is not text";
			break;
		case LG_ATTR_PIN_MANIFEST:
			if (!lg_attr_text(&attr, &load->pin_manifest))
				wrong = "PIN_MANIFEST is not text";
			break;
		case LG_ATTR_METRIC:
			wrong = add_metric(load, attr.value);
			break;
		case LG_ATTR_PROGRAM:
			wrong = add_program(load, &attr);
			break;
		case LG_ATTR_SITES:
			wrong = add_sites(load, attr.value);
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
	int code, failed;

	memcpy(load->object + load->have, frame->payload.at, frame->payload.left);
	load->have += (lg_u32)frame->payload.left;
	if (!last)
		return LG_GO_ON;
	lg_engine_place(agent->engine, load->sites, load->site_count);
	if (load->program_count)
		failed = lg_engine_load_foreign(
			agent->engine, load->probe, load->object, load->size,
			&(struct lg_foreign_def){.programs = (const char *const *)load->programs,
						 .program_count = load->program_count,
						 .btf_path = load->btf_path},
			put_hook, agent, &err);
	else
		failed = lg_engine_load(agent->engine, load->probe, load->object, load->size,
					load->metrics, load->metric_count, load->btf_path, put_hook,
					agent, &err);
	if (failed && !err.code)
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
	if (lg_engine_load_pinned(agent->engine, load->probe, load->pin_directory,
				  load->pin_manifest, load->metrics, load->metric_count, put_hook,
				  agent, &err) &&
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

static int put_entry(void *arg, const void *key, size_t key_size, const void *value, size_t size)
{
	const struct lg_map_answer *answer = arg;
	struct lg_buffer *frames = &answer->agent->output.frames;
	size_t begun = lg_frame_begin(frames, LG_MSG_ENTRY, answer->sequence);
	int code;

	lg_put(frames, LG_ATTR_KEY, key, key_size);
	lg_put(frames, LG_ATTR_DATA, value, size);
	lg_frame_end(frames, begun);
	if (frames->size < GATHERED_MAX)
		return 0;
	code = lg_output_flush(&answer->agent->output);
	return code == LG_GO_ON ? 0 : code;
}

int lg_handle_read_map(struct lg_agent *agent, const struct lg_frame *frame)
{
	struct lg_map_answer answer = {agent, frame->sequence};
	struct lg_cursor payload = frame->payload;
	char *probe = NULL, *map = NULL;
	struct lg_error err = {0};
	struct lg_attr attr;
	int code;

	while (lg_attr_next(&payload, &attr) == LG_ATTR_FOUND) {
		if ((attr.type == LG_ATTR_PROBE && !lg_attr_text(&attr, &probe)) ||
		    (attr.type == LG_ATTR_MAP && !lg_attr_text(&attr, &map)))
			break;
	}
	if (payload.left || !probe || !map) {
		code = lg_protocol_error(agent, frame, "PROBE or MAP is missing or malformed");
	} else {
		code = lg_engine_read_map(agent->engine, probe, map, put_entry, &answer, &err);
		if (code <= 0)
			code = lg_answer(agent, frame->sequence, &err, probe);
	}
	free(probe);
	free(map);
	return code;
}
