/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What a set of declared metrics is for the fold. */
#ifndef LATGATE_TRACE_DECLARED_INTERNAL_H
#define LATGATE_TRACE_DECLARED_INTERNAL_H

#include "declaration.h"
#include "trace_declared.h"

/* A start or an end that an event stands for. */
struct lg_span_step {
	lg_u32 metric, span;
	bool is_end;
	lg_u8 values[LG_SPANS_FIELDS]; /* field of the metric -> value of the event */
};

struct lg_declared_entry {
	struct lg_declared_event event;
	struct lg_span_step *steps; /* ends first */
	size_t step_count;
};

struct lg_declared {
	lg_u32 metric_count, event_count;
	struct lg_declaration *metrics[LG_DECLARED_METRICS];
	/* Events of each span by number, and bits of the fields that are read of them. */
	struct lg_span_events {
		lg_u8 from, to, from_fields, to_fields;
	} spans[LG_DECLARED_METRICS][LG_SPANS_SPANS];
	struct lg_declared_entry events[LG_DECLARED_EVENTS];
};

/* Bytes of a row; 0 for a metric without rows. */
size_t lg_fold_row_size(const struct lg_declaration *table);

/* Bit n: span n of the metric is whole. 0 when the metric cannot be folded. */
lg_u32 lg_declared_whole(const struct lg_declared *declared, lg_u32 metric, const lg_u32 *present);

#endif
