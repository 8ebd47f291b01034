/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Which trace events this kernel has and this user may enable: asked by opening them. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tracefs.h"
#include "tracer_internal.h"

void lg_event_file(char file[LG_EVENT_FILE], lg_u32 kind, const char *leaf)
{
	snprintf(file, LG_EVENT_FILE, "events/%s/%s/%s", lg_event_system(kind), lg_event_name(kind),
		 leaf);
}

/* Parses the event's format for the decoder. */
static const char *learn(struct lg_tracer *tracer, const char *file, char *text)
{
	ssize_t n = lg_tracefs_read(tracer->root, file, text, LG_TRACE_FILE_MAX);
	struct lg_trace_format *format;
	struct lg_trace_fault fault;
	const char *why = NULL, *field = NULL;

	if (n < 0)
		return n == -ENOENT ? "this kernel has no such event"
				    : "its format is not readable";
	format = malloc(sizeof(*format));
	if (!format)
		return "no memory for its format";
	if (!lg_trace_format_parse(format, text, (size_t)n, &fault))
		why = fault.what;
	else if (lg_decoder_add(&tracer->decoder, format, &field) == LG_DECODER_MISSING)
		why = "a field that is needed is not in its format";
	free(format);
	return why;
}

const char *lg_event_prepare(struct lg_tracer *tracer, lg_u32 kind)
{
	char file[LG_EVENT_FILE];
	const char *why;
	char *text;
	int rc;

	if (tracer->decoder.known & LG_EVENT_BIT(kind))
		return NULL;
	lg_event_file(file, kind, "enable");
	rc = lg_tracefs_writable(tracer->root, file);
	if (rc == -ENOENT)
		return "this kernel has no such event";
	if (rc)
		return "this user may not enable it";
	text = malloc(LG_TRACE_FILE_MAX);
	if (!text)
		return "no memory for its format";
	lg_event_file(file, kind, "format");
	why = learn(tracer, file, text);
	free(text);
	return why;
}
