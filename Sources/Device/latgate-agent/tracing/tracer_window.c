/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* One window of tracing: events on, pages in, events off, and what they add up to. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "fault.h"
#include "tracefs.h"
#include "tracer_internal.h"

/* Pages kept in memory at once: one of so many parts of what is free, bytes. */
enum { PAGE_SHARES = 8, PAGES_LEAST = 16 << 20, PAGES_MOST = 512 << 20 };

static void end_window(struct lg_tracer *tracer)
{
	lg_pipes_close(tracer->pipes);
	lg_merge_free(tracer->merge);
	lg_tasks_free(tracer->tasks);
	tracer->pipes = NULL;
	tracer->merge = NULL;
	tracer->tasks = NULL;
	tracer->state = LG_WINDOW_CLOSED;
}

void lg_tracer_detach(struct lg_tracer *tracer)
{
	/* The guard does what fails here once more, when the journal ends. */
	if (tracer->journal)
		lg_journal_restore_all(tracer->journal);
	end_window(tracer);
	lg_journal_free(tracer->journal);
	tracer->journal = NULL;
	tracer->attached = false;
}

/* Marks the declared metrics of the loaded probes; LG_FOLD_BIT()s of the others. */
static lg_u32 wanted_metrics(const struct lg_tracer *tracer, lg_u8 declared[LG_DECLARED_METRICS])
{
	lg_u32 metrics = 0;

	for (const struct lg_trace_probe *probe = tracer->probes; probe; probe = probe->next) {
		metrics |= probe->metrics;
		for (size_t i = 0; i < probe->count; i++) {
			if (probe->ids[i].metric >= LG_FOLD_METRICS)
				declared[probe->ids[i].metric - LG_FOLD_METRICS] = 1;
		}
	}
	return metrics;
}

static int make_parts(struct lg_tracer *tracer, struct lg_error *err)
{
	lg_u8 wanted[LG_DECLARED_METRICS] = {0};
	struct lg_fold_options options = {.metrics = wanted_metrics(tracer, wanted),
					  .declared = tracer->declared,
					  .wanted = wanted,
					  .present = tracer->decoder.present,
					  .class_of = lg_tasks_class,
					  .scope = tracer->scope_kind};
	int rc;

	lg_fold_free(tracer->fold);
	tracer->fold = NULL;
	tracer->merge = lg_merge_new(&tracer->layout, LG_FOLD_MAX_CPUS,
				     lg_memory_share(PAGE_SHARES, PAGES_LEAST, PAGES_MOST));
	if (!tracer->merge)
		return lg_fault(err, LG_ERR_INTERNAL, "out of memory for the trace");
	rc = lg_pipes_open(&tracer->pipes, tracer->root, &tracer->layout, tracer->merge);
	if (!rc)
		rc = lg_pipes_start(tracer->pipes);
	if (rc)
		return lg_fault(err, LG_ERR_INTERNAL, "the trace buffer cannot be read: %s",
				strerror(-rc));
	/* After the pipes' thread began: it is ours, too. */
	options.arg = tracer->tasks = lg_tasks_snapshot(tracer->session, tracer->scope.pid);
	tracer->fold = tracer->tasks ? lg_fold_new(&options) : NULL;
	return tracer->fold ? 0 : lg_fault(err, LG_ERR_INTERNAL, "out of memory for the trace");
}

static int switch_events(struct lg_tracer *tracer, struct lg_error *err)
{
	for (lg_u32 number = 0; number < lg_tracer_events(tracer); number++) {
		char file[LG_EVENT_FILE], before[16];
		int rc;

		if (!lg_tracer_enables(tracer, number))
			continue;
		lg_event_file(file, lg_tracer_event(tracer, number), "enable");
		rc = lg_tracefs_line(tracer->root, file, before, sizeof(before));
		/* "1*" and "0*": a user's trigger switches it softly. */
		before[1] = 0;
		if (!rc && before[0] != '1')
			rc = lg_journal_set(tracer->journal, file, "1", before);
		if (rc)
			return lg_fault(err, LG_ERR_INTERNAL, "%s cannot be set: %s", file,
					strerror(-rc));
	}
	return 0;
}

static void restore_events(struct lg_tracer *tracer)
{
	for (lg_u32 number = 0; number < lg_tracer_events(tracer); number++) {
		char file[LG_EVENT_FILE];

		if (!lg_tracer_enables(tracer, number))
			continue;
		lg_event_file(file, lg_tracer_event(tracer, number), "enable");
		lg_journal_restore(tracer->journal, file);
	}
}

static void set_tracing(const struct lg_tracer *tracer, const char *value)
{
	/* The journal has the value of before since the clock was set. */
	lg_journal_set(tracer->journal, "tracing_on", value, "0");
}

int lg_tracer_arm(struct lg_tracer *tracer, struct lg_error *err)
{
	char on[16] = "";
	int rc;

	tracer->fault[0] = 0;
	tracer->undecodable = tracer->lost = 0;
	if (!tracer->attached)
		return 0;
	lg_tracefs_line(tracer->root, "tracing_on", on, sizeof(on));
	if (on[0] == '1')
		return lg_fault(err, LG_ERR_BUSY,
				"another tool began to trace between two windows: end it first");
	/* What is left of earlier traces would only be skipped. */
	lg_tracefs_write(tracer->root, "trace", "");
	rc = make_parts(tracer, err);
	if (!rc)
		rc = lg_fold_arm(tracer->fold, lg_monotonic_ns());
	if (!rc)
		lg_tracer_frequency_seed(tracer);
	if (!rc)
		rc = switch_events(tracer, err);
	if (rc) {
		restore_events(tracer);
		end_window(tracer);
		return err->code ? -1
				 : lg_fault(err, LG_ERR_INTERNAL, "the fold could not be armed");
	}
	set_tracing(tracer, "1");
	tracer->state = LG_WINDOW_ARMED;
	return 0;
}

void lg_tracer_open(struct lg_tracer *tracer, lg_u64 ns)
{
	if (tracer->state != LG_WINDOW_ARMED)
		return;
	lg_fold_open(tracer->fold, ns);
	tracer->state = LG_WINDOW_OPEN;
}

void lg_tracer_drain(struct lg_tracer *tracer, lg_u64 ns)
{
	if (tracer->state != LG_WINDOW_OPEN)
		return;
	lg_fold_drain(tracer->fold, ns);
	lg_pipes_stop(tracer->pipes);
	tracer->state = LG_WINDOW_DRAIN;
}

static void fold_until(struct lg_tracer *tracer, lg_u64 until_ns)
{
	struct lg_trace_record record;
	struct lg_trace_event event;
	lg_u32 cpu;

	while (lg_merge_next(tracer->merge, until_ns, &cpu, &record)) {
		switch (lg_decode(&tracer->decoder, cpu, &record, &event)) {
		case LG_DECODED:
			lg_fold_event(tracer->fold, &event);
			break;
		case LG_DECODE_SHORT:
			tracer->undecodable++;
			break;
		case LG_DECODE_OTHER:
			break;
		}
	}
}

lg_u64 lg_tracer_in_flight(struct lg_tracer *tracer)
{
	lg_u64 now = lg_monotonic_ns();

	if (tracer->state != LG_WINDOW_DRAIN)
		return 0;
	if (lg_pipes_empty(tracer->pipes))
		fold_until(tracer, now);
	return lg_fold_in_flight(tracer->fold);
}

/* Another program may have used tracing meanwhile: its settings belong to everyone. */
static void check_settings(struct lg_tracer *tracer)
{
	char on[16] = "", clock[32] = "";

	lg_tracefs_line(tracer->root, "tracing_on", on, sizeof(on));
	lg_current_clock(tracer->root, clock, sizeof(clock));
	if (on[0] != '1' || strcmp(clock, "mono"))
		snprintf(tracer->fault, sizeof(tracer->fault),
			 "another tool changed the settings of tracing inside the window "
			 "(tracing_on %.8s, trace_clock %.16s)",
			 on, clock);
}

static void check_loss(struct lg_tracer *tracer)
{
	struct lg_merge_stats stats;
	lg_u64 kernel = lg_pipes_lost(tracer->pipes);

	lg_merge_stats(tracer->merge, &stats);
	tracer->lost = (kernel > stats.missed_events ? kernel : stats.missed_events) +
		       stats.refused_pages + stats.corrupt_pages + stats.disordered +
		       tracer->undecodable;
	if (!tracer->lost && !lg_merge_complete(&stats))
		tracer->lost = stats.missed_places ? stats.missed_places : 1;
	if (!tracer->lost || tracer->fault[0])
		return;
	snprintf(tracer->fault, sizeof(tracer->fault),
		 "the trace is not whole: %llu events overwritten or dropped, %llu pages without "
		 "room, %llu damaged, %llu records out of order, %llu of another format",
		 (unsigned long long)kernel, (unsigned long long)stats.refused_pages,
		 (unsigned long long)stats.corrupt_pages, (unsigned long long)stats.disordered,
		 (unsigned long long)tracer->undecodable);
}

void lg_tracer_close(struct lg_tracer *tracer, lg_u64 ns)
{
	if (tracer->state == LG_WINDOW_CLOSED)
		return;
	check_settings(tracer);
	set_tracing(tracer, "0");
	restore_events(tracer);
	if (tracer->state != LG_WINDOW_DRAIN) {
		/* Armed, but not to be measured. */
		end_window(tracer);
		return;
	}
	lg_pipes_empty(tracer->pipes);
	fold_until(tracer, ns ? ns - 1 : 0);
	lg_fold_close(tracer->fold, ns);
	fold_until(tracer, UINT64_MAX);
	check_loss(tracer);
	end_window(tracer);
	lg_tracefs_write(tracer->root, "trace", "");
}

static int read_metric(const struct lg_tracer *tracer, lg_u32 metric, lg_u32 id,
		       const struct lg_reader *reader)
{
	struct lg_fold_result result;
	struct lg_fold_rows rows = lg_fold_rows(tracer->fold, metric);
	struct lg_fold_label label;

	for (size_t i = 0; lg_fold_label(tracer->fold, metric, i, &label); i++) {
		if (label.hist ? reader->histogram(reader->arg, id, label.key, label.key_size,
						   label.name, label.hist)
			       : reader->count(reader->arg, id, label.key, label.key_size,
					       label.name, label.count))
			return -ENOMEM;
	}
	if (rows.count && reader->rows(reader->arg, id, rows.bytes, rows.row_size, rows.count))
		return -ENOMEM;
	if (lg_fold_result(tracer->fold, metric, &result))
		return -EINVAL;
	/* It is not known whose the lost events were, so every metric counts them. */
	result.counters.map_full += tracer->lost;
	return reader->counters(reader->arg, id, &result.counters, result.censored,
				result.censored_age_sum_ns)
		       ? -ENOMEM
		       : 0;
}

int lg_tracer_read(struct lg_tracer *tracer, const struct lg_reader *reader, struct lg_error *err)
{
	if (!tracer->attached)
		return 0;
	if (tracer->state != LG_WINDOW_CLOSED || !tracer->fold)
		return lg_fault(err, LG_ERR_STATE, "no window was traced");
	for (const struct lg_trace_probe *probe = tracer->probes; probe; probe = probe->next) {
		for (size_t i = 0; i < probe->count; i++) {
			if (read_metric(tracer, probe->ids[i].metric, probe->ids[i].id, reader))
				return lg_fault(err, LG_ERR_INTERNAL,
						"probe %s: its trace could not be folded",
						probe->name);
		}
	}
	return 0;
}
