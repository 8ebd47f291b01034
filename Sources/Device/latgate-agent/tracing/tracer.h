/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Tier T0: probes without BPF. Trace events that this user may enable are
 * written to the kernel's ring buffer inside a window and folded into the same
 * histograms and counters. The calls mirror those of engine.h, and both may
 * serve one window.
 *
 * The global buffer is shared with every other tool, so nothing is enabled
 * outside a window, a tracer at work is not disturbed, and every setting is put
 * back on every way out.
 */
#ifndef LATGATE_AGENT_TRACER_H
#define LATGATE_AGENT_TRACER_H

#include "engine.h"
#include "trace_fold.h"

struct lg_tracer;

enum { LG_TRACE_METRICS = 32 }; /* of a probe */

/*
 * A metric of a probe: by its name in the manifest, such as runqueue.wait, or
 * by its declaration (span_declaration.h).
 */
struct lg_trace_metric {
	lg_u32 id;
	const char *name; /* NULL: declared */
	const lg_u8 *spans;
	size_t spans_size; /* bytes */
};

/*
 * With the tracefs at root, NULL = none, and the CPUs' directories in cpus
 * (/sys/devices/system/cpu). NULL without memory.
 */
struct lg_tracer *lg_tracer_new(const char *root, const char *cpus);
/* Restores every setting. */
void lg_tracer_free(struct lg_tracer *tracer);

/* The feature line "trace=yes|no: why". */
void lg_tracer_feature(struct lg_tracer *tracer, char *line, size_t size);

/*
 * LG_ERR_UNSUPPORTED when an event is missing or may not be enabled,
 * LG_ERR_BUSY when another tracer is at work. hook_fn gets every event, with
 * the rung "ftrace" or "".
 */
int lg_tracer_load(struct lg_tracer *tracer, const char *probe,
		   const struct lg_trace_metric *metrics, size_t count, lg_hook_fn hook_fn,
		   void *arg, struct lg_error *err);
/* -1: no such probe. */
int lg_tracer_unload(struct lg_tracer *tracer, const char *probe);

/* Sets clock and buffer; nothing when no probe is loaded. */
int lg_tracer_attach(struct lg_tracer *tracer, struct lg_error *err);
/* Puts them back. */
void lg_tracer_detach(struct lg_tracer *tracer);

void lg_tracer_scope(struct lg_tracer *tracer, pid_t session);
/*
 * Whose operations the probes measure that are loaded from now on; NULL =
 * everyone's. Only LG_SCOPE_PID is known from trace events; others refuse
 * lg_tracer_load(). `kind` says which of the two the number is.
 */
void lg_tracer_restrict(struct lg_tracer *tracer, const struct lg_scope *scope,
			enum lg_fold_scope kind);

/* The window. The moments after arm() are CLOCK_MONOTONIC ns, those of the engine. */
int lg_tracer_arm(struct lg_tracer *tracer, struct lg_error *err);
void lg_tracer_open(struct lg_tracer *tracer, lg_u64 ns);
void lg_tracer_drain(struct lg_tracer *tracer, lg_u64 ns);
/* Reads what was traced so far; judged operations without an end. */
lg_u64 lg_tracer_in_flight(struct lg_tracer *tracer);
void lg_tracer_close(struct lg_tracer *tracer, lg_u64 ns);

/* After close(). */
int lg_tracer_read(struct lg_tracer *tracer, const struct lg_reader *reader, struct lg_error *err);
/* How fast a CPU ran in the last window; false where nothing is known. */
bool lg_tracer_frequency(const struct lg_tracer *tracer, lg_u32 cpu, struct lg_fold_frequency *out);
/* Why that is known of no CPU; NULL when it is, or nothing is traced. */
const char *lg_tracer_frequency_missing(const struct lg_tracer *tracer);
/* Why the last window's metrics do not count, or "". */
const char *lg_tracer_fault(const struct lg_tracer *tracer);

#endif
