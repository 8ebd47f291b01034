/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Tier T0: trace events in, the histograms and counters of our BPF probes out.
 * Metrics are the library's own, or declared as tables (trace_declared.h).
 * Keys, labels and counters are those of the probes in bpf; where an event says
 * less than a probe can see, the metric's line below gives the difference.
 *
 *	format files -> lg_decoder          pages -> lg_merge
 *	                    `---- lg_decode() ----' -> lg_fold_event() -> lg_fold_result()
 *
 * The library does no I/O, keeps no global state and trusts no input. One
 * fold serves one thread.
 *
 * The window. Events are judged by their own time against four moments: arm <=
 * open <= drain <= close. Before arm and from close on, nothing is stamped or
 * recorded; an event at a moment belongs to what begins there. Only starts in
 * [open, drain) are judged, and each ends as recorded, overwritten, cancelled
 * or censored.
 */
#ifndef LATGATE_TRACE_FOLD_H
#define LATGATE_TRACE_FOLD_H

#include "trace_declared.h"
#include "trace_event.h"
#include "trace_merge.h"

struct lg_fold;

/*
 * What tables cannot say. Numbered from 0 without gaps. Key fields are u32,
 * little-endian, in this order.
 */
enum lg_fold_metric {
	/*
	 * runqueue.wait {class}: wakeup or preemption to running. Where the trace
	 * leaves out the switch to a thread, its wait counts as overwritten.
	 */
	LG_FOLD_RUNQUEUE_WAIT,
	/*
	 * block.device {dev, op}: issue to completion, matched by device, sector and
	 * operation, since events carry no request. Flushes have no sector: of
	 * several in flight, the youngest ends first.
	 */
	LG_FOLD_BLOCK_DEVICE,
	/* binder.call {class}: sent to received by the target; synchronous ones. */
	LG_FOLD_BINDER_CALL,
	/* binder.roundtrip {class}: sent to reply received. */
	LG_FOLD_BINDER_ROUNDTRIP,
	/* softirq.raise {vec}: first raise to entry. */
	LG_FOLD_SOFTIRQ_RAISE,
	/* softirq.run {vec}: entry to exit. */
	LG_FOLD_SOFTIRQ_RUN,
	/*
	 * sleep.uninterruptible {class, cause}: switched out in state D to wakeup.
	 * cause: 0 unknown (no sched_blocked_reason seen), 1 io, 2 other.
	 */
	LG_FOLD_SLEEP_UNINTERRUPTIBLE,
	LG_FOLD_METRICS, /* declared ones follow: LG_FOLD_METRICS + n */
};

enum {
	LG_FOLD_CAUSE_UNKNOWN = 0,
	LG_FOLD_CAUSE_IO = 1,
	LG_FOLD_CAUSE_OTHER = 2,
	LG_FOLD_MAX_CPUS = 512,
};

#define LG_FOLD_BIT(metric) (1u << (metric))
_Static_assert(LG_FOLD_METRICS < 32, "a set of metrics is a lg_u32, and its bound as well");

/* Static facts of a metric. */
struct lg_fold_metric_info {
	const char *name; /* `probe.metric`, as in bpf/<probe>.yaml */
	lg_u32 key_size; /* bytes */
	lg_u64 needs; /* LG_EVENT_BIT()s without which it counts nothing true */
	lg_u64 uses; /* LG_EVENT_BIT()s that make it better where the kernel has them */
};

/* Metrics by class are truer where births of threads are seen: LG_EVENT_BIT()s. */
#define LG_FOLD_BIRTHS                                                                             \
	(LG_EVENT_BIT(LG_EVENT_TASK_NEWTASK) | LG_EVENT_BIT(LG_EVENT_SCHED_WAKEUP_NEW))

/* NULL for a number that is none of the library's metrics. */
const struct lg_fold_metric_info *lg_fold_metric_info(lg_u32 metric);

/* LG_EVENT_BIT()s to enable for a set of LG_FOLD_BIT()s: what they need and use. */
lg_u64 lg_fold_events(lg_u32 metrics);
/* LG_FOLD_BIT()s, of those asked for, that can be folded from these LG_EVENT_BIT()s. */
lg_u32 lg_fold_possible(lg_u32 metrics, lg_u64 events);

/* class_of() found no such thread any more. */
#define LG_CLASS_UNKNOWN (~0u)

struct lg_fold_options {
	lg_u32 metrics; /* LG_FOLD_BIT()s */
	/*
	 * Declared metrics, or NULL: those of `wanted` (by number, 0 = no; NULL:
	 * all) that can be folded from the events of `present`
	 * (lg_declared_possible()). The set must live as long as the fold; wanted
	 * and present are not kept.
	 */
	const struct lg_declared *declared;
	const lg_u8 *wanted;
	const lg_u32 *present;
	/*
	 * LG_CLASS_* of a thread, or LG_CLASS_UNKNOWN when it is gone; NULL: all are
	 * LG_CLASS_USER. Asked once per thread and window, never for thread 0, and
	 * not about threads whose birth was seen and whose parent was the workload's
	 * or, of a thread in the same process, the agent's: they are the same. A
	 * process that LG_CLASS_SELF forked is LG_CLASS_WORKLOAD when it is gone,
	 * since the agent starts nothing but steps.
	 * Any other thread that is gone is LG_CLASS_USER; where there is a scope it
	 * is LG_CLASS_UNKNOWN, and its operations are losses.
	 */
	lg_u32 (*class_of)(void *arg, lg_u32 tid);
	void *arg;
	/* Of whom class_of() does not say LG_CLASS_OUTSIDE. */
	enum lg_fold_scope {
		LG_FOLD_EVERYONE,
		LG_FOLD_PROCESS, /* one that was there when the window opened */
		LG_FOLD_THREAD, /* likewise */
	} scope;
};

/* NULL without memory or with metrics that are none. */
struct lg_fold *lg_fold_new(const struct lg_fold_options *options);
void lg_fold_free(struct lg_fold *fold); /* NULL is fine */

/*
 * Moments of the window, in the clock of the events (trace_clock=mono:
 * CLOCK_MONOTONIC ns). arm() begins a new window: it zeroes histograms and
 * counters and forgets what is in flight and whose threads are whose. The other
 * moments may be given all at once or as they come, but before any event of that
 * moment or later is folded. 0, or -EINVAL when a moment is earlier than the
 * one before it or than an event already folded, or is given out of turn.
 */
int lg_fold_arm(struct lg_fold *fold, lg_u64 ns);
int lg_fold_open(struct lg_fold *fold, lg_u64 ns);
int lg_fold_drain(struct lg_fold *fold, lg_u64 ns);
int lg_fold_close(struct lg_fold *fold, lg_u64 ns);

/*
 * The next event, in the order of time (lg_merge_next()). Any event may be
 * given at any time; those of metrics that were not asked for cost little.
 */
void lg_fold_event(struct lg_fold *fold, const struct lg_trace_event *event);

/* A CPU's frequency now, where it is known without an event (cpufreq's scaling_cur_freq). */
void lg_fold_frequency_seed(struct lg_fold *fold, lg_u64 ns, lg_u32 cpu, lg_u32 khz);

/* Judged operations without an end, all metrics: drain until 0 or a time-out. */
lg_u64 lg_fold_in_flight(const struct lg_fold *fold);

/* Reading, after close() and the last event. */

/* As engine.h's reader gets them: counters of a metric, and what was left in flight. */
struct lg_fold_result {
	struct lg_counters counters;
	lg_u64 censored;
	lg_u64 censored_age_sum_ns; /* at close */
};

/* 0; -EINVAL for a metric not folded; -EBUSY before close(). */
int lg_fold_result(const struct lg_fold *fold, lg_u32 metric, struct lg_fold_result *out);

/* A histogram or count above 0. */
struct lg_fold_label {
	const unsigned char *key; /* key_size bytes, as the BPF map's key */
	size_t key_size;
	const char *name; /* of the label, or NULL */
	const struct lg_hist_sum *hist; /* NULL of a counter */
	const struct lg_count *count; /* of a counter, else NULL */
};

/* Numbers of metrics are below this; names of all of them, NULL beyond. */
lg_u32 lg_fold_metrics(const struct lg_fold *fold);
const char *lg_fold_metric_name(const struct lg_fold *fold, lg_u32 metric);

/* How many labels a metric has; 0 for a metric not folded. */
size_t lg_fold_label_count(const struct lg_fold *fold, lg_u32 metric);
/* False beyond the last. Pointers are valid until the next call that changes the fold. */
bool lg_fold_label(const struct lg_fold *fold, lg_u32 metric, size_t index,
		   struct lg_fold_label *out);

/* LG_KIND_* of a metric. */
lg_u32 lg_fold_kind(const struct lg_fold *fold, lg_u32 metric);

/* Rows of LG_KIND_EVENTS (probe_abi.h), in the order in which the events were folded. */
struct lg_fold_rows {
	const unsigned char *bytes;
	size_t row_size, count;
};

/* Empty for a metric without. Valid until the next call that changes the fold. */
struct lg_fold_rows lg_fold_rows(const struct lg_fold *fold, lg_u32 metric);

/*
 * The frequency of a CPU over [open, drain): for covariates, not for judging.
 * Time before the first seed or change is not known and left out; without
 * drain(), up to the last event.
 */
struct lg_fold_frequency {
	lg_u64 known_ns; /* how much of the window the figures cover; 0 = nothing known */
	lg_u64 changes; /* in the window */
	lg_u32 mean_khz; /* weighted by time */
	lg_u32 min_khz, max_khz;
};

/* False for a CPU without any event. */
bool lg_fold_frequency(const struct lg_fold *fold, lg_u32 cpu, struct lg_fold_frequency *out);

#endif
