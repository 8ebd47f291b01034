/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What the files of the tracer share. */
#ifndef LATGATE_AGENT_TRACER_INTERNAL_H
#define LATGATE_AGENT_TRACER_INTERNAL_H

#include "agent_protocol.h"
#include "trace_event.h"
#include "trace_fold.h"
#include "trace_journal.h"
#include "trace_pipes.h"
#include "trace_tasks.h"
#include "tracer.h"

struct lg_trace_probe {
	struct lg_trace_probe *next;
	char *name;
	lg_u32 metrics; /* LG_FOLD_BIT()s */
	size_t count;
	struct lg_trace_id {
		lg_u32 metric; /* of the fold: LG_FOLD_METRICS + n is the declared metric n */
		lg_u32 id; /* by which the host knows it */
	} ids[LG_TRACE_METRICS];
};

struct lg_tracer {
	const char *root; /* NULL = no tracefs */
	const char *cpus; /* directory with cpu0, cpu1, … */
	const char *frequency_why; /* why frequencies are not known; NULL = they are */
	struct lg_trace_probe *probes;
	struct lg_journal *journal;
	bool attached;
	struct lg_page_layout layout;
	struct lg_decoder decoder;
	struct lg_declared *declared; /* grows until no probe is left */
	lg_u64 events; /* LG_EVENT_BIT()s of the loaded probes that can be enabled */
	pid_t session;
	struct lg_scope scope; /* kind 0 = everyone */
	enum lg_fold_scope scope_kind;
	/* of a window */
	lg_u32 state; /* LG_WINDOW_* */
	struct lg_fold *fold;
	struct lg_merge *merge;
	struct lg_pipes *pipes;
	struct lg_tasks *tasks;
	lg_u64 undecodable; /* records that their format does not fit */
	lg_u64 lost; /* events */
	char fault[256];
};

/* tracer_events.c */
enum { LG_EVENT_FILE = 128 };
/* Events by number: the library's kinds, then the declared ones. */
lg_u32 lg_tracer_events(const struct lg_tracer *tracer);
struct lg_traced_event {
	const char *system, *name;
};
struct lg_traced_event lg_tracer_event(const struct lg_tracer *tracer, lg_u32 number);
void lg_event_file(char file[LG_EVENT_FILE], struct lg_traced_event event, const char *leaf);
/* Why an event cannot be traced, or NULL; what can be goes into the decoder. */
const char *lg_event_prepare(struct lg_tracer *tracer, lg_u32 number);
/* Whether a probe's metrics are made from an event, or better by it. */
bool lg_probe_wants(const struct lg_tracer *tracer, const struct lg_trace_probe *probe,
		    lg_u32 number);
/* Whether an event is to be enabled for the loaded probes. */
bool lg_tracer_enables(const struct lg_tracer *tracer, lg_u32 number);

/* tracer_frequency.c */
/* Adds the event to those of the loaded probes. */
void lg_tracer_frequency_prepare(struct lg_tracer *tracer);
/* After lg_fold_arm(). */
void lg_tracer_frequency_seed(struct lg_tracer *tracer);

/* tracer_settings.c */
/* Empty, or who traces already and what to do. */
void lg_contention(const char *root, char *text, size_t size);
/* "mono", out of "local [global] mono"; -errno. */
int lg_current_clock(const char *root, char *clock, size_t size);
int lg_tracer_configure(struct lg_tracer *tracer, struct lg_error *err);
/* Bytes that one of `shares` of the free memory has, between least and most. */
size_t lg_memory_share(size_t shares, size_t least, size_t most);

#endif
