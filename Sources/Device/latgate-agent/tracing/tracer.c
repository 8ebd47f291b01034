/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The tracer's life, its probes, and attaching. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fault.h"
#include "tracefs.h"
#include "tracer_internal.h"

struct lg_tracer *lg_tracer_new(const char *root, const char *cpus)
{
	struct lg_tracer *tracer = calloc(1, sizeof(*tracer));

	if (!tracer)
		return NULL;
	tracer->root = root;
	tracer->cpus = cpus;
	lg_decoder_init(&tracer->decoder);
	tracer->declared = lg_declared_new();
	if (!tracer->declared) {
		free(tracer);
		return NULL;
	}
	return tracer;
}

static void free_probe(struct lg_trace_probe *probe)
{
	free(probe->name);
	free(probe);
}

void lg_tracer_free(struct lg_tracer *tracer)
{
	if (!tracer)
		return;
	lg_tracer_detach(tracer);
	lg_fold_free(tracer->fold);
	while (tracer->probes) {
		struct lg_trace_probe *next = tracer->probes->next;

		free_probe(tracer->probes);
		tracer->probes = next;
	}
	lg_declared_free(tracer->declared);
	free(tracer);
}

/* What every T0 probe needs, whatever its events. NULL = all there. */
static const char *obstacle(const struct lg_tracer *tracer, char *text, size_t size)
{
	static const char *const written[] = {"tracing_on", "trace_clock"};
	char clocks[256];
	int fd;

	if (!tracer->root)
		return "tracefs is not mounted, or not readable by this user";
	for (size_t i = 0; i < sizeof(written) / sizeof(written[0]); i++) {
		int rc = lg_tracefs_writable(tracer->root, written[i]);

		if (rc) {
			snprintf(text, size, "%s cannot be written: %s", written[i], strerror(-rc));
			return text;
		}
	}
	if (lg_tracefs_line(tracer->root, "trace_clock", clocks, sizeof(clocks)) ||
	    !strstr(clocks, "mono"))
		return "the kernel's trace has no clock 'mono'";
	fd = lg_tracefs_open(tracer->root, "per_cpu/cpu0/trace_pipe_raw", O_RDONLY | O_NONBLOCK);
	if (fd < 0) {
		snprintf(text, size, "trace_pipe_raw cannot be read: %s", strerror(-fd));
		return text;
	}
	close(fd);
	return NULL;
}

void lg_tracer_feature(struct lg_tracer *tracer, char *line, size_t size)
{
	char text[160];
	const char *why = obstacle(tracer, text, sizeof(text));

	snprintf(line, size, "trace=%s%s%s", why ? "no" : "yes", why ? ": " : "", why ? why : "");
}

static int learn_pages(struct lg_tracer *tracer, struct lg_error *err)
{
	struct lg_trace_fault fault;
	char text[4096];
	ssize_t n;

	if (tracer->layout.data_size)
		return 0;
	n = lg_tracefs_read(tracer->root, "events/header_page", text, sizeof(text));
	if (n < 0)
		return lg_fault(err, LG_ERR_UNSUPPORTED, "%s/events/header_page: %s", tracer->root,
				strerror((int)-n));
	if (!lg_page_layout_parse(&tracer->layout, text, (size_t)n, &fault)) {
		tracer->layout.data_size = 0;
		return lg_fault(err, LG_ERR_UNSUPPORTED, "%s/events/header_page, line %u: %s",
				tracer->root, fault.line, fault.what);
	}
	return 0;
}

static bool find_metric(const char *name, lg_u32 *metric)
{
	for (*metric = 0; *metric < LG_FOLD_METRICS; (*metric)++) {
		if (!strcmp(lg_fold_metric_info(*metric)->name, name))
			return true;
	}
	return false;
}

/* The number that the metric has in the fold. */
static int find_number(struct lg_tracer *tracer, const struct lg_trace_metric *metric,
		       lg_u32 *number, struct lg_error *err)
{
	const char *fault = "";
	int declared;

	if (metric->name)
		return find_metric(metric->name, number)
			       ? 0
			       : lg_fault(err, LG_ERR_UNSUPPORTED,
					  "no trace events give the metric %.64s", metric->name);
	declared = lg_declared_add(tracer->declared, metric->spans, metric->spans_size, &fault);
	if (declared < 0)
		return lg_fault(err, LG_ERR_UNSUPPORTED, "the declaration of metric %u: %s",
				metric->id, fault);
	*number = LG_FOLD_METRICS + (lg_u32)declared;
	return 0;
}

static int add_metrics(struct lg_tracer *tracer, struct lg_trace_probe *probe,
		       const struct lg_trace_metric *metrics, size_t count, struct lg_error *err)
{
	if (!count || count > LG_TRACE_METRICS)
		return lg_fault(err, LG_ERR_UNSUPPORTED, "no trace events give its metrics");
	for (size_t i = 0; i < count; i++) {
		struct lg_trace_id *at = &probe->ids[i];

		if (find_number(tracer, &metrics[i], &at->metric, err))
			return -1;
		at->id = metrics[i].id;
		if (at->metric < LG_FOLD_METRICS)
			probe->metrics |= LG_FOLD_BIT(at->metric);
		probe->count++;
	}
	return 0;
}

/*
 * Of metrics that are tables each is measured where its own events are: leaves out
 * the others. Those that the library knows come together. False when none is left.
 */
static bool keep_possible(const struct lg_tracer *tracer, struct lg_trace_probe *probe, lg_u64 have)
{
	size_t kept = 0;

	if (lg_fold_possible(probe->metrics, have) != probe->metrics)
		return false;
	for (size_t i = 0; i < probe->count; i++) {
		lg_u32 metric = probe->ids[i].metric;

		if (metric < LG_FOLD_METRICS ||
		    lg_declared_possible(tracer->declared, metric - LG_FOLD_METRICS,
					 tracer->decoder.present))
			probe->ids[kept++] = probe->ids[i];
	}
	probe->count = kept;
	return kept > 0;
}

/* Why an event, though it is there, is no use to the probe, or NULL. */
static const char *lacking(const struct lg_tracer *tracer, const struct lg_trace_probe *probe,
			   lg_u32 number, char *text, size_t size)
{
	for (size_t i = 0; i < probe->count && number >= LG_EVENT_KINDS; i++) {
		const char *field;

		if (probe->ids[i].metric < LG_FOLD_METRICS)
			continue;
		field = lg_declared_lacking(
			tracer->declared, probe->ids[i].metric - LG_FOLD_METRICS,
			number - LG_EVENT_KINDS, tracer->decoder.present[number - LG_EVENT_KINDS]);
		if (!field)
			continue;
		snprintf(text, size, "its format has no field %.47s as it is needed", field);
		return text;
	}
	return NULL;
}

/* Of an event that is wanted twice, the declared one is not reported. */
static bool is_reported(const struct lg_tracer *tracer, const struct lg_trace_probe *probe,
			struct lg_traced_event event, lg_u32 below)
{
	for (lg_u32 kind = 0; kind < LG_EVENT_KINDS && kind < below; kind++) {
		if (lg_probe_wants(tracer, probe, kind) &&
		    !strcmp(lg_event_name(kind), event.name) &&
		    !strcmp(lg_event_system(kind), event.system))
			return true;
	}
	return false;
}

/* Finds out which events can be had, and leaves out metrics that cannot be made of them. */
static int prepare_events(struct lg_tracer *tracer, struct lg_trace_probe *probe,
			  lg_hook_fn hook_fn, void *arg, struct lg_error *err)
{
	lg_u64 have = 0;
	char missing[256] = "";

	for (lg_u32 number = 0; number < lg_tracer_events(tracer); number++) {
		struct lg_traced_event event = lg_tracer_event(tracer, number);
		char program[LG_EVENT_FILE], text[96];
		struct lg_hook_report report = {.hook = event.name, .program = program};

		if (!lg_probe_wants(tracer, probe, number))
			continue;
		report.why = lg_event_prepare(tracer, number);
		if (!report.why)
			report.why = lacking(tracer, probe, number, text, sizeof(text));
		report.rung = report.why ? "" : "ftrace";
		snprintf(program, sizeof(program), "%s:%s", event.system, event.name);
		if (!is_reported(tracer, probe, event, number))
			hook_fn(arg, &report);
		if (!report.why && number < LG_EVENT_KINDS)
			have |= LG_EVENT_BIT(number);
		else if (report.why && strlen(missing) + strlen(program) + strlen(report.why) + 5 <
					       sizeof(missing))
			sprintf(missing + strlen(missing), "%s%s (%s)", missing[0] ? ", " : "",
				program, report.why);
	}
	if (!keep_possible(tracer, probe, have))
		return lg_fault(err, LG_ERR_UNSUPPORTED, "without these events: %.400s", missing);
	tracer->events |= have;
	return 0;
}

static bool is_loaded(const struct lg_tracer *tracer, const char *name)
{
	for (const struct lg_trace_probe *probe = tracer->probes; probe; probe = probe->next) {
		if (!strcmp(probe->name, name))
			return true;
	}
	return false;
}

/* With no probe left, what was declared for others is forgotten. */
static int forget_declared(struct lg_tracer *tracer, struct lg_error *err)
{
	struct lg_declared *fresh = tracer->probes ? NULL : lg_declared_new();

	if (tracer->probes)
		return 0;
	if (!fresh)
		return lg_fault(err, LG_ERR_INTERNAL, "out of memory");
	/* The last window's fold reads of them. */
	lg_fold_free(tracer->fold);
	tracer->fold = NULL;
	lg_declared_free(tracer->declared);
	tracer->declared = fresh;
	tracer->events = 0;
	lg_decoder_init(&tracer->decoder);
	return 0;
}

int lg_tracer_load(struct lg_tracer *tracer, const char *name,
		   const struct lg_trace_metric *metrics, size_t count, lg_hook_fn hook_fn,
		   void *arg, struct lg_error *err)
{
	struct lg_trace_probe *probe, **end = &tracer->probes;
	char text[256];
	const char *why = obstacle(tracer, text, sizeof(text));

	if (why)
		return lg_fault(err, LG_ERR_UNSUPPORTED, "%s", why);
	if (tracer->attached)
		return lg_fault(err, LG_ERR_STATE, "detach before loading %s", name);
	if (tracer->scope.kind && tracer->scope.kind != LG_SCOPE_PID)
		return lg_fault(err, LG_ERR_UNSUPPORTED,
				"trace events say neither the name nor the cgroup that a thread "
				"has as an operation begins");
	if (is_loaded(tracer, name))
		return lg_fault(err, LG_ERR_STATE, "probe %s is loaded already", name);
	lg_contention(tracer->root, text, sizeof(text));
	if (text[0])
		return lg_fault(err, LG_ERR_BUSY, "%s", text);
	if (forget_declared(tracer, err))
		return -1;
	probe = calloc(1, sizeof(*probe));
	if (!probe || !(probe->name = strdup(name))) {
		free(probe);
		return lg_fault(err, LG_ERR_INTERNAL, "out of memory");
	}
	if (add_metrics(tracer, probe, metrics, count, err) || learn_pages(tracer, err) ||
	    prepare_events(tracer, probe, hook_fn, arg, err)) {
		free_probe(probe);
		return -1;
	}
	lg_tracer_frequency_prepare(tracer);
	while (*end)
		end = &(*end)->next;
	*end = probe;
	return 0;
}

int lg_tracer_unload(struct lg_tracer *tracer, const char *name)
{
	for (struct lg_trace_probe **at = &tracer->probes; *at; at = &(*at)->next) {
		struct lg_trace_probe *probe = *at;

		if (strcmp(probe->name, name))
			continue;
		*at = probe->next;
		free_probe(probe);
		if (!tracer->probes)
			lg_tracer_detach(tracer);
		return 0;
	}
	return -1;
}

int lg_tracer_attach(struct lg_tracer *tracer, struct lg_error *err)
{
	char text[256];
	int rc;

	if (tracer->attached || !tracer->probes)
		return 0;
	lg_contention(tracer->root, text, sizeof(text));
	if (text[0])
		return lg_fault(err, LG_ERR_BUSY, "%s", text);
	tracer->journal = lg_journal_new(tracer->root);
	if (!tracer->journal)
		return lg_fault(err, LG_ERR_INTERNAL, "out of memory");
	tracer->attached = true;
	rc = lg_journal_guard(tracer->journal);
	if (rc)
		lg_fault(err, LG_ERR_INTERNAL,
			 "no process to restore tracing's settings could be started: %s",
			 strerror(-rc));
	if (!rc)
		rc = lg_tracer_configure(tracer, err);
	if (rc)
		lg_tracer_detach(tracer);
	return rc ? -1 : 0;
}

void lg_tracer_scope(struct lg_tracer *tracer, pid_t session)
{
	tracer->session = session;
}

void lg_tracer_restrict(struct lg_tracer *tracer, const struct lg_scope *scope,
			enum lg_fold_scope kind)
{
	tracer->scope = scope ? *scope : (struct lg_scope){0};
	tracer->scope_kind = scope ? kind : LG_FOLD_EVERYONE;
}

const char *lg_tracer_fault(const struct lg_tracer *tracer)
{
	return tracer->fault;
}
