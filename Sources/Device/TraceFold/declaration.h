/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* A metric of spans or single events, as read from the bytes of span_declaration.h. */
#ifndef LATGATE_TRACE_DECLARATION_H
#define LATGATE_TRACE_DECLARATION_H

#include <stdbool.h>
#include <stddef.h>

#include "probe_abi.h"
#include "span_declaration.h"

struct lg_declaration {
	char metric[LG_SPANS_METRIC + 1];
	lg_u32 kind; /* LG_KIND_* */
	lg_u32 stamps, labels;
	bool by_thread, by_cpu, by_class;
	bool keep_first, keep_last, unmatched_ignored;
	bool single; /* spans have an end alone: the event */
	lg_u32 field_count;
	struct lg_declared_field {
		char name[LG_SPANS_TEXT + 1];
		bool wide, text;
	} fields[LG_SPANS_FIELDS];
	lg_u32 by_count;
	lg_u8 by[LG_SPANS_BY_FIELDS]; /* numbers of fields */
	lg_u8 name; /* number of a field, or LG_SPANS_NONE */
	lg_u32 condition_count;
	struct lg_condition {
		lg_u8 field;
		lg_u8 place; /* LG_SPANS_BOTH, or lg_condition_place() */
		lg_u32 first, count; /* in values */
	} conditions[LG_SPANS_CONDITIONS];
	lg_u64 values[LG_SPANS_VALUES];
	lg_u8 value; /* number of a field, or LG_SPANS_NONE */
	lg_u32 rows; /* on each CPU */
	lg_u64 threshold; /* ns */
	lg_u32 column_count;
	lg_u8 columns[LG_SPANS_COLUMNS]; /* sources */
	lg_u32 key_count; /* of 4 bytes each */
	lg_u32 span_count;
	struct lg_declared_span {
		struct lg_event_name {
			char system[LG_SPANS_TEXT + 1], event[LG_SPANS_TEXT + 1];
		} from, to;
		bool optional;
		lg_u8 sources[LG_SPANS_LABELS];
		lg_u32 constants[LG_SPANS_LABELS];
	} spans[LG_SPANS_SPANS];
};

/* The place of a condition of one event alone. */
static inline lg_u8 lg_condition_place(lg_u32 span, bool is_end)
{
	return (lg_u8)(2 * span + is_end);
}

/* Whether a condition is asked of an event of a span. */
static inline bool lg_condition_asked(const struct lg_condition *condition, lg_u32 span,
				      bool is_end)
{
	return condition->place == LG_SPANS_BOTH ||
	       condition->place == lg_condition_place(span, is_end);
}

/*
 * Reads a declaration, every number of it checked. NULL, or what is wrong with
 * it (static text); *out is not to be used then.
 */
const char *lg_declaration_read(struct lg_declaration *out, const unsigned char *bytes,
				size_t size);

#endif
