/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Which trace events this kernel has and this user may enable: asked by opening them. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tracefs.h"
#include "tracer_internal.h"

lg_u32 lg_tracer_events(const struct lg_tracer *tracer)
{
	return LG_EVENT_KINDS + lg_declared_events(tracer->declared);
}

struct lg_traced_event lg_tracer_event(const struct lg_tracer *tracer, lg_u32 number)
{
	const struct lg_declared_event *event;

	if (number < LG_EVENT_KINDS)
		return (struct lg_traced_event){lg_event_system(number), lg_event_name(number)};
	event = lg_declared_event(tracer->declared, number - LG_EVENT_KINDS);
	return (struct lg_traced_event){event->system, event->name};
}

void lg_event_file(char file[LG_EVENT_FILE], struct lg_traced_event event, const char *leaf)
{
	snprintf(file, LG_EVENT_FILE, "events/%s/%s/%s", event.system, event.name, leaf);
}

static enum lg_decoder_result decode_by(struct lg_tracer *tracer, lg_u32 number,
					const struct lg_trace_format *format)
{
	if (number < LG_EVENT_KINDS)
		return lg_decoder_add(&tracer->decoder, format, NULL);
	return lg_decoder_declare(&tracer->decoder, tracer->declared, number - LG_EVENT_KINDS,
				  format, NULL);
}

/* Parses the event's format for the decoder. */
static const char *learn(struct lg_tracer *tracer, lg_u32 number, const char *file, char *text)
{
	ssize_t n = lg_tracefs_read(tracer->root, file, text, LG_TRACE_FILE_MAX);
	struct lg_trace_format *format;
	struct lg_trace_fault fault;
	const char *why = NULL;

	if (n < 0)
		return n == -ENOENT ? "this kernel has no such event"
				    : "its format is not readable";
	format = malloc(sizeof(*format));
	if (!format)
		return "no memory for its format";
	if (!lg_trace_format_parse(format, text, (size_t)n, &fault))
		why = fault.what;
	else if (decode_by(tracer, number, format) == LG_DECODER_MISSING)
		why = "a field that is needed is not in its format";
	free(format);
	return why;
}

/* A declared event that is known may have got fields since: its format is read again. */
const char *lg_event_prepare(struct lg_tracer *tracer, lg_u32 number)
{
	struct lg_traced_event event = lg_tracer_event(tracer, number);
	char file[LG_EVENT_FILE];
	const char *why;
	char *text;
	int rc;

	if (number < LG_EVENT_KINDS && tracer->decoder.known & LG_EVENT_BIT(number))
		return NULL;
	lg_event_file(file, event, "enable");
	rc = lg_tracefs_writable(tracer->root, file);
	if (rc == -ENOENT)
		return "this kernel has no such event";
	if (rc)
		return "this user may not enable it";
	text = malloc(LG_TRACE_FILE_MAX);
	if (!text)
		return "no memory for its format";
	lg_event_file(file, event, "format");
	why = learn(tracer, number, file, text);
	free(text);
	return why;
}

static bool by_class(const struct lg_tracer *tracer, lg_u32 metric)
{
	struct lg_declared_metric found;

	return metric >= LG_FOLD_METRICS &&
	       lg_declared_metric(tracer->declared, metric - LG_FOLD_METRICS, &found) &&
	       found.by_class;
}

bool lg_probe_wants(const struct lg_tracer *tracer, const struct lg_trace_probe *probe,
		    lg_u32 number)
{
	lg_u64 kinds = lg_fold_events(probe->metrics);

	for (size_t i = 0; i < probe->count; i++) {
		if (by_class(tracer, probe->ids[i].metric))
			kinds |= LG_FOLD_BIRTHS;
		if (number >= LG_EVENT_KINDS && probe->ids[i].metric >= LG_FOLD_METRICS &&
		    lg_declared_uses(tracer->declared, probe->ids[i].metric - LG_FOLD_METRICS,
				     number - LG_EVENT_KINDS, NULL))
			return true;
	}
	return number < LG_EVENT_KINDS && kinds & LG_EVENT_BIT(number);
}

bool lg_tracer_enables(const struct lg_tracer *tracer, lg_u32 number)
{
	if (number < LG_EVENT_KINDS && !(tracer->events & LG_EVENT_BIT(number)))
		return false;
	/* Of no probe, but of every window. */
	if (number == LG_EVENT_CPU_FREQUENCY)
		return true;
	for (const struct lg_trace_probe *probe = tracer->probes; probe; probe = probe->next) {
		/* Others are of probes that were unloaded again. */
		if (number < LG_EVENT_KINDS && lg_probe_wants(tracer, probe, number))
			return true;
		for (size_t i = 0; i < probe->count; i++) {
			lg_u32 metric = probe->ids[i].metric;

			if (number >= LG_EVENT_KINDS && metric >= LG_FOLD_METRICS &&
			    lg_declared_uses(tracer->declared, metric - LG_FOLD_METRICS,
					     number - LG_EVENT_KINDS, tracer->decoder.present))
				return true;
		}
	}
	return false;
}
