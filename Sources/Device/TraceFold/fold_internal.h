/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Shared by the folders. Every function is given the event's time: nothing here reads a clock. */
#ifndef LATGATE_FOLD_INTERNAL_H
#define LATGATE_FOLD_INTERNAL_H

#include "labels.h"
#include "rows.h"
#include "table.h"
#include "trace_fold.h"

#define LG_NEVER (~(lg_u64)0)

/* One metric of the window. */
struct lg_folded {
	struct lg_counters counters;
	struct lg_labels labels;
	struct lg_rows rows;
	struct lg_table stamps; /* by the metric's own key */
	/* Of declared metrics: key of a label -> index in texts. */
	struct lg_table names;
	char (*texts)[LG_NAME_LEN];
};

struct lg_cpu_clock {
	lg_u32 khz; /* 0 = not known */
	lg_u32 min_khz, max_khz; /* over the window */
	lg_u64 since_ns;
	lg_u64 known_ns, changes; /* over the window */
	double khz_ns; /* sum of frequency times time */
	bool heard;
};

struct lg_fold {
	struct lg_fold_options options;
	lg_u64 arm_ns, open_ns, drain_ns, close_ns; /* LG_NEVER = not given yet */
	lg_u64 last_ns; /* of the events folded */
	lg_u32 metric_count; /* the library's, then the declared ones */
	struct lg_folded *metrics;
	lg_u32 *spans; /* of each declared metric: those that are folded, 0 = none of it */
	struct lg_table classes; /* tid -> class */
	struct lg_table running; /* CPU -> tid in `value` */
	struct lg_table on_cpu; /* tid -> CPU in `value` */
	struct lg_table switched; /* CPU -> tid that its last switch brought */
	struct lg_table served; /* binder: tid -> transactions it serves */
	struct lg_table replies; /* binder: debug_id of a reply -> stamp of what it answers */
	/* CPU -> which softirqs it is at, in `value`; 1 + vector and CPU -> a raise not placed yet */
	struct lg_table softirqs;
	lg_u32 cpus; /* entries of clocks */
	struct lg_cpu_clock *clocks;
};

/* LG_WINDOW_* at a time. */
lg_u32 lg_fold_state(const struct lg_fold *fold, lg_u64 ns);

static inline bool lg_fold_wants(const struct lg_fold *fold, lg_u32 metric)
{
	if (metric < LG_FOLD_METRICS)
		return fold->options.metrics & LG_FOLD_BIT(metric);
	return metric < fold->metric_count && fold->spans[metric - LG_FOLD_METRICS];
}

/* A judged operation on its way into a histogram. */
struct lg_fold_span {
	lg_u64 duration_ns, start_offset_ns; /* from open */
	lg_u32 class_;
};

/*
 * Start and end of an operation: the rules of bpf/include/stamp.h, for one
 * epoch, since arm() empties the tables. `state` is the window's at ns.
 */
/* Counts a judged operation or event of a class as started, excluded or lost. True: started. */
bool lg_fold_admit(struct lg_fold *fold, lg_u32 metric, lg_u32 class_);
void lg_fold_start(struct lg_fold *fold, lg_u32 metric, struct lg_stamp *stamp, lg_u32 state,
		   lg_u64 ns, lg_u32 class_);
/* stamp NULL: none was found. True: judged; lg_fold_record() or _exclude() must follow. */
bool lg_fold_end(struct lg_fold *fold, lg_u32 metric, struct lg_stamp *stamp, lg_u32 state,
		 lg_u64 ns, struct lg_fold_span *span);
/* The end of this was missed: counted as overwritten, which is a loss. */
void lg_fold_missed(struct lg_fold *fold, lg_u32 metric, struct lg_stamp *stamp);
/* A start that can have no end. */
void lg_fold_cancel(struct lg_fold *fold, lg_u32 metric, struct lg_stamp *stamp);
void lg_fold_record_at(struct lg_fold *fold, lg_u32 metric, const struct lg_label_key *key,
		       const struct lg_fold_span *span);
void lg_fold_exclude(struct lg_fold *fold, lg_u32 metric, const struct lg_fold_span *span);

/*
 * The same by key of the metric's stamps; ends and cancellations remove the
 * entry. start_key and start_at give the entry, or NULL when there was no room (counted).
 */
struct lg_slot *lg_fold_start_key(struct lg_fold *fold, lg_u32 metric, lg_u64 high, lg_u64 low,
				  lg_u32 state, lg_u64 ns, lg_u32 class_);
bool lg_fold_end_key(struct lg_fold *fold, lg_u32 metric, lg_u64 high, lg_u64 low, lg_u32 state,
		     lg_u64 ns, struct lg_fold_span *span);
struct lg_slot *lg_fold_start_at(struct lg_fold *fold, lg_u32 metric, const struct lg_key *key,
				 lg_u32 state, lg_u64 ns, lg_u32 class_);
bool lg_fold_end_at(struct lg_fold *fold, lg_u32 metric, const struct lg_key *key, lg_u32 state,
		    lg_u64 ns, struct lg_fold_span *span);
void lg_fold_cancel_key(struct lg_fold *fold, lg_u32 metric, lg_u64 high, lg_u64 low);

static inline void lg_fold_record(struct lg_fold *fold, lg_u32 metric, lg_u64 label,
				  const struct lg_fold_span *span)
{
	struct lg_label_key key = {{label, 0, 0}};

	lg_fold_record_at(fold, metric, &key, span);
}

/* Key of two u32 fields. */
static inline lg_u64 lg_fold_key(lg_u32 first, lg_u32 second)
{
	return (lg_u64)second << 32 | first;
}

/* LG_CLASS_* of a thread. */
lg_u32 lg_fold_class(struct lg_fold *fold, lg_u32 tid);
/* The same when it was asked before, else LG_CLASS_UNKNOWN. */
lg_u32 lg_fold_class_known(const struct lg_fold *fold, lg_u32 tid);
void lg_fold_class_event(struct lg_fold *fold, const struct lg_trace_event *event);

/* The folders; state is never LG_WINDOW_CLOSED. */
void lg_fold_runqueue(struct lg_fold *fold, const struct lg_trace_event *event, lg_u32 state);
void lg_fold_sleep(struct lg_fold *fold, const struct lg_trace_event *event, lg_u32 state);
void lg_fold_block(struct lg_fold *fold, const struct lg_trace_event *event, lg_u32 state);
void lg_fold_binder(struct lg_fold *fold, const struct lg_trace_event *event, lg_u32 state);
void lg_fold_softirq(struct lg_fold *fold, const struct lg_trace_event *event, lg_u32 state);
/* What the event is to declared metrics; it is one of theirs. */
void lg_fold_spans(struct lg_fold *fold, const struct lg_trace_event *event, lg_u32 state);

/* Whatever the window's state. */
void lg_fold_running(struct lg_fold *fold, const struct lg_trace_event *event);
/* To be asked before lg_fold_running(): prev came onto its CPU unseen. */
bool lg_fold_switch_missed(const struct lg_fold *fold, const struct lg_trace_event *event);
bool lg_fold_is_running(const struct lg_fold *fold, lg_u32 tid);
void lg_fold_clock_event(struct lg_fold *fold, const struct lg_trace_event *event);
void lg_fold_clock_reset(struct lg_fold *fold);

/* Text that names a label of a declared metric, or NULL. */
const char *lg_fold_name_of(const struct lg_folded *folded, const struct lg_label_key *of);

#endif
