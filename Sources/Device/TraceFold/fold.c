/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* A fold's life, and each event's way to the folders that want it. */
#include <stdlib.h>
#include <string.h>

#include "declared.h"
#include "fold_internal.h"

enum {
	/* As MAX_… of the probes. */
	MAX_TASKS = 32768,
	MAX_THREADS = 8192,
	MAX_REQUESTS = 16384,
	VECTORS = 10,
	CLASSES = 3,
};

static const struct {
	lg_u32 stamps, labels;
} limits[LG_FOLD_METRICS] = {
	[LG_FOLD_RUNQUEUE_WAIT] = {MAX_TASKS, CLASSES},
	[LG_FOLD_BLOCK_DEVICE] = {MAX_REQUESTS, 64},
	[LG_FOLD_BINDER_CALL] = {MAX_THREADS, CLASSES},
	[LG_FOLD_BINDER_ROUNDTRIP] = {MAX_THREADS, CLASSES},
	/* The probe's stamps are per CPU: as many as that, for each. */
	[LG_FOLD_SOFTIRQ_RAISE] = {2 * VECTORS * LG_FOLD_MAX_CPUS, VECTORS},
	[LG_FOLD_SOFTIRQ_RUN] = {VECTORS * LG_FOLD_MAX_CPUS, VECTORS},
	[LG_FOLD_SLEEP_UNINTERRUPTIBLE] = {MAX_TASKS, 3 * CLASSES},
};

static lg_u32 declared_count(const struct lg_fold_options *options)
{
	return options->declared ? lg_declared_metrics(options->declared) : 0;
}

static void make_table(struct lg_table *table, size_t limit, bool wide)
{
	if (wide)
		lg_table_init_wide(table, limit);
	else
		lg_table_init(table, limit);
}

static void declare(struct lg_fold *fold, lg_u32 metric)
{
	const struct lg_fold_options *options = &fold->options;
	const struct lg_declaration *table = options->declared->metrics[metric];
	struct lg_folded *folded = &fold->metrics[LG_FOLD_METRICS + metric];
	size_t stamps;

	if (!options->wanted || options->wanted[metric])
		fold->spans[metric] =
			lg_declared_whole(options->declared, metric, options->present);
	stamps = (size_t)table->stamps * (table->by_cpu ? LG_FOLD_MAX_CPUS : 1);
	/* Two words hold one field that ties, and four labels. */
	make_table(&folded->stamps, stamps, table->by_count > 1);
	make_table(&folded->names, table->labels, table->key_count > 4);
	lg_labels_init(&folded->labels, table->labels,
		       table->kind == LG_KIND_COUNTER ? sizeof(struct lg_count)
						      : sizeof(struct lg_hist_sum));
	folded->rows.limit = table->rows;
	folded->rows.row_size = lg_fold_row_size(table);
}

static bool make_metrics(struct lg_fold *fold)
{
	lg_u32 declared = declared_count(&fold->options);

	fold->metrics = calloc(LG_FOLD_METRICS + declared, sizeof(*fold->metrics));
	fold->spans = calloc(declared + 1, sizeof(*fold->spans));
	if (!fold->metrics || !fold->spans)
		return false;
	fold->metric_count = LG_FOLD_METRICS + declared;
	for (lg_u32 i = 0; i < LG_FOLD_METRICS; i++) {
		lg_table_init(&fold->metrics[i].stamps, limits[i].stamps);
		lg_labels_init(&fold->metrics[i].labels, limits[i].labels,
			       sizeof(struct lg_hist_sum));
	}
	for (lg_u32 i = 0; i < declared; i++)
		declare(fold, i);
	fold->options.wanted = NULL;
	fold->options.present = NULL;
	return true;
}

struct lg_fold *lg_fold_new(const struct lg_fold_options *options)
{
	struct lg_fold *fold;

	if (options->metrics >= LG_FOLD_BIT(LG_FOLD_METRICS))
		return NULL;
	fold = calloc(1, sizeof(*fold));
	if (!fold)
		return NULL;
	fold->options = *options;
	fold->arm_ns = fold->open_ns = fold->drain_ns = fold->close_ns = LG_NEVER;
	lg_table_init(&fold->classes, MAX_TASKS);
	lg_table_init(&fold->running, LG_FOLD_MAX_CPUS);
	lg_table_init(&fold->on_cpu, LG_FOLD_MAX_CPUS);
	lg_table_init(&fold->switched, LG_FOLD_MAX_CPUS);
	lg_table_init(&fold->served, MAX_THREADS);
	lg_table_init(&fold->replies, MAX_THREADS);
	lg_table_init(&fold->softirqs, LG_FOLD_MAX_CPUS * (1 + VECTORS));
	fold->clocks = calloc(LG_FOLD_MAX_CPUS, sizeof(*fold->clocks));
	fold->cpus = LG_FOLD_MAX_CPUS;
	if (!make_metrics(fold) || !fold->clocks) {
		lg_fold_free(fold);
		return NULL;
	}
	return fold;
}

void lg_fold_free(struct lg_fold *fold)
{
	if (!fold)
		return;
	for (lg_u32 i = 0; i < fold->metric_count; i++) {
		lg_table_free(&fold->metrics[i].stamps);
		lg_table_free(&fold->metrics[i].names);
		lg_labels_free(&fold->metrics[i].labels);
		lg_rows_free(&fold->metrics[i].rows);
		free(fold->metrics[i].texts);
	}
	free(fold->metrics);
	free(fold->spans);
	lg_table_free(&fold->classes);
	lg_table_free(&fold->running);
	lg_table_free(&fold->on_cpu);
	lg_table_free(&fold->switched);
	lg_table_free(&fold->served);
	lg_table_free(&fold->replies);
	lg_table_free(&fold->softirqs);
	free(fold->clocks);
	free(fold);
}

static void fold_sched(struct lg_fold *fold, const struct lg_trace_event *event, lg_u32 state)
{
	if (lg_fold_wants(fold, LG_FOLD_SLEEP_UNINTERRUPTIBLE))
		lg_fold_sleep(fold, event, state);
	if (lg_fold_wants(fold, LG_FOLD_RUNQUEUE_WAIT) &&
	    event->kind != LG_EVENT_SCHED_BLOCKED_REASON)
		lg_fold_runqueue(fold, event, state);
}

static void fold_judged(struct lg_fold *fold, const struct lg_trace_event *event, lg_u32 state)
{
	switch (event->kind) {
	case LG_EVENT_SCHED_SWITCH:
	case LG_EVENT_SCHED_WAKEUP:
	case LG_EVENT_SCHED_WAKEUP_NEW:
	case LG_EVENT_SCHED_BLOCKED_REASON:
		fold_sched(fold, event, state);
		break;
	case LG_EVENT_BLOCK_ISSUE:
	case LG_EVENT_BLOCK_COMPLETE:
	case LG_EVENT_BLOCK_REQUEUE:
		if (lg_fold_wants(fold, LG_FOLD_BLOCK_DEVICE))
			lg_fold_block(fold, event, state);
		break;
	case LG_EVENT_BINDER_TRANSACTION:
	case LG_EVENT_BINDER_RECEIVED:
		if (lg_fold_wants(fold, LG_FOLD_BINDER_CALL) ||
		    lg_fold_wants(fold, LG_FOLD_BINDER_ROUNDTRIP))
			lg_fold_binder(fold, event, state);
		break;
	case LG_EVENT_SOFTIRQ_RAISE:
	case LG_EVENT_SOFTIRQ_ENTRY:
	case LG_EVENT_SOFTIRQ_EXIT:
		if (lg_fold_wants(fold, LG_FOLD_SOFTIRQ_RAISE) ||
		    lg_fold_wants(fold, LG_FOLD_SOFTIRQ_RUN))
			lg_fold_softirq(fold, event, state);
		break;
	default:
		break;
	}
}

void lg_fold_event(struct lg_fold *fold, const struct lg_trace_event *event)
{
	lg_u32 state = lg_fold_state(fold, event->time_ns);

	lg_fold_class_event(fold, event);
	if (event->kind == LG_EVENT_CPU_FREQUENCY)
		lg_fold_clock_event(fold, event);
	if (state != LG_WINDOW_CLOSED) {
		fold_judged(fold, event, state);
		if (event->declared)
			lg_fold_spans(fold, event, state);
	}
	lg_fold_running(fold, event);
	if (event->time_ns > fold->last_ns)
		fold->last_ns = event->time_ns;
}
