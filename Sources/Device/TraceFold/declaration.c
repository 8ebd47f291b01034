/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include <string.h>

#include "bytes.h"
#include "declaration.h"

/* After the first fault every read gives 0, so that the fault is asked for once. */
struct reader {
	const unsigned char *at;
	size_t left;
	const char *wrong;
};

static void fail(struct reader *in, const char *what)
{
	if (!in->wrong)
		in->wrong = what;
}

static const unsigned char *take(struct reader *in, size_t size)
{
	const unsigned char *at = in->at;

	if (in->wrong || size > in->left) {
		fail(in, "it ends early");
		return NULL;
	}
	in->at += size;
	in->left -= size;
	return at;
}

static lg_u64 number(struct reader *in, lg_u32 size)
{
	const unsigned char *at = take(in, size);

	return at ? lg_bytes_number(at, size) : 0;
}

static lg_u32 number_within(struct reader *in, lg_u32 size, lg_u32 least, lg_u32 most,
			    const char *what)
{
	lg_u64 value = number(in, size);

	if (value < least || value > most)
		fail(in, what);
	return in->wrong ? least : (lg_u32)value;
}

static void text(struct reader *in, char *out, lg_u32 room, const char *what)
{
	lg_u32 size = number_within(in, 1, 1, room, what);
	const unsigned char *at = take(in, size);

	if (at)
		memcpy(out, at, size);
}

/* A path below tracefs is made of it. */
static void kernel_name(struct reader *in, char out[LG_SPANS_TEXT + 1])
{
	text(in, out, LG_SPANS_TEXT, "a name has more than 47 bytes, or none");
	for (const char *c = out; *c; c++) {
		if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
		      (*c >= '0' && *c <= '9') || *c == '_'))
			fail(in, "a name has other than letters, digits and '_'");
	}
}

/* The number of a field that is text or is not. */
static lg_u8 field(struct reader *in, const struct lg_declaration *out, bool is_text)
{
	lg_u64 value = number(in, 1);

	if (in->wrong)
		return 0;
	if (value >= out->field_count || out->fields[value].text != is_text) {
		fail(in, "it refers to a field that is not there, or of another kind");
		return 0;
	}
	return (lg_u8)value;
}

static void read_fields(struct reader *in, struct lg_declaration *out)
{
	lg_u32 count = number_within(in, 1, 0, LG_SPANS_FIELDS, "more than 24 fields");

	for (lg_u32 i = 0; i < count && !in->wrong; i++) {
		lg_u32 flags;

		kernel_name(in, out->fields[i].name);
		flags = number_within(in, 1, 0, LG_SPANS_FIELD_WIDE | LG_SPANS_FIELD_TEXT,
				      "unknown flags of a field");
		out->fields[i].wide = flags & LG_SPANS_FIELD_WIDE;
		out->fields[i].text = flags & LG_SPANS_FIELD_TEXT;
	}
	out->field_count = count;
}

static void read_conditions(struct reader *in, struct lg_declaration *out)
{
	lg_u32 used = 0;

	out->condition_count =
		number_within(in, 1, 0, LG_SPANS_CONDITIONS, "more than 8 conditions");
	for (lg_u32 i = 0; i < out->condition_count && !in->wrong; i++) {
		struct lg_condition *condition = &out->conditions[i];

		condition->field = field(in, out, false);
		condition->place = (lg_u8)number(in, 1);
		condition->first = used;
		condition->count = number_within(in, 1, 1, LG_SPANS_VALUES - used,
						 "conditions without values, or of more than 64");
		for (lg_u32 n = 0; n < condition->count && !in->wrong; n++)
			out->values[used++] = number(in, 8);
	}
}

static lg_u8 source(struct reader *in, const struct lg_declaration *out)
{
	struct reader ahead = *in;
	lg_u64 value = number(&ahead, 1);

	if (value != LG_SPANS_FROM_CLASS && value != LG_SPANS_FROM_CONSTANT)
		return field(in, out, false);
	*in = ahead;
	if (value == LG_SPANS_FROM_CLASS && !out->by_class)
		fail(in, "a label is the class, which is not kept");
	/* Names are written down at the start, when the class may still change. */
	if (value == LG_SPANS_FROM_CLASS && out->name != LG_SPANS_NONE)
		fail(in, "a label with a name is the class");
	return (lg_u8)value;
}

/* A field, or nothing. */
static lg_u8 field_if_any(struct reader *in, const struct lg_declaration *out, bool is_text)
{
	if (in->left && *in->at == LG_SPANS_NONE) {
		take(in, 1);
		return LG_SPANS_NONE;
	}
	return field(in, out, is_text);
}

static lg_u8 column(struct reader *in, const struct lg_declaration *out)
{
	lg_u64 value = number(in, 1);

	if (value < out->field_count)
		return (lg_u8)value;
	if (value == LG_SPANS_FROM_DURATION && out->single)
		fail(in, "a column is the duration of single events");
	if (value == LG_SPANS_FROM_CLASS && !out->by_class)
		fail(in, "a column is the class, which is not kept");
	if (value != LG_SPANS_FROM_DURATION && value != LG_SPANS_FROM_CLASS &&
	    value != LG_SPANS_FROM_THREAD && value != LG_SPANS_FROM_CPU)
		fail(in, "a column's source is not known");
	return (lg_u8)value;
}

/* What is made of an event or a span. */
static void read_result(struct reader *in, struct lg_declaration *out)
{
	bool is_table = out->kind == LG_KIND_EVENTS;

	out->value = field_if_any(in, out, false);
	out->rows = number_within(in, 4, is_table, is_table ? LG_ROWS_MAX : 0,
				  "no rows of events, or more than 4096");
	out->threshold = number(in, 8);
	out->column_count = number_within(in, 1, is_table, is_table ? LG_SPANS_COLUMNS : 0,
					  "no columns of events, or more than 12");
	for (lg_u32 i = 0; i < out->column_count && !in->wrong; i++)
		out->columns[i] = column(in, out);
	out->key_count =
		number_within(in, 1, out->kind == LG_KIND_HISTOGRAM, is_table ? 0 : LG_SPANS_LABELS,
			      "no labels in the key, or more than 6");
	if (out->threshold && (!is_table || out->single))
		fail(in, "a threshold is for rows of spans");
	if (out->value != LG_SPANS_NONE && (is_table || !out->single))
		fail(in, "a value is of single events");
	if (out->kind == LG_KIND_HISTOGRAM && out->single && out->value == LG_SPANS_NONE)
		fail(in, "a histogram of single events needs a value");
	if (out->kind == LG_KIND_COUNTER && !out->single)
		fail(in, "a counter counts single events");
}

static void read_spans(struct reader *in, struct lg_declaration *out)
{
	out->span_count =
		number_within(in, 1, 1, LG_SPANS_SPANS, "no spans, or more than 16 of them");
	for (lg_u32 i = 0; i < out->span_count && !in->wrong; i++) {
		struct lg_declared_span *span = &out->spans[i];

		if (!out->single) {
			kernel_name(in, span->from.system);
			kernel_name(in, span->from.event);
		}
		kernel_name(in, span->to.system);
		kernel_name(in, span->to.event);
		if (out->single)
			span->from = span->to;
		span->optional = number_within(in, 1, 0, LG_SPANS_OPTIONAL,
					       "unknown flags of a span") == LG_SPANS_OPTIONAL;
		for (lg_u32 n = 0; n < out->key_count && !in->wrong; n++) {
			span->sources[n] = source(in, out);
			span->constants[n] = (lg_u32)number(in, 4);
		}
	}
}

/* They come before the spans. */
static void check_places(struct reader *in, const struct lg_declaration *out)
{
	for (lg_u32 i = 0; i < out->condition_count; i++) {
		lg_u8 place = out->conditions[i].place;

		if (place != LG_SPANS_BOTH && place / 2 >= out->span_count)
			fail(in, "a condition is of a span that is not there");
	}
}

const char *lg_declaration_read(struct lg_declaration *out, const unsigned char *bytes, size_t size)
{
	struct reader in = {.at = bytes, .left = size};
	lg_u32 flags;

	memset(out, 0, sizeof(*out));
	if (size > LG_SPANS_BYTES)
		return "it has more than 16 KiB";
	if (number(&in, 2) != LG_SPANS_VERSION)
		fail(&in, "its version is not this agent's: use host and agent of one release");
	/* Trace events have no stacks. */
	out->kind = number_within(&in, 1, 0, LG_KIND_EVENTS, "a kind of result that is not known");
	flags = number_within(&in, 1, 0,
			      LG_SPANS_BY_THREAD | LG_SPANS_BY_CPU | LG_SPANS_CLASS |
				      LG_SPANS_KEEP_FIRST | LG_SPANS_KEEP_LAST |
				      LG_SPANS_UNMATCHED_IGNORED | LG_SPANS_SINGLE,
			      "unknown flags");
	out->by_thread = flags & LG_SPANS_BY_THREAD;
	out->by_cpu = flags & LG_SPANS_BY_CPU;
	out->by_class = flags & LG_SPANS_CLASS;
	out->keep_first = flags & LG_SPANS_KEEP_FIRST;
	out->keep_last = flags & LG_SPANS_KEEP_LAST;
	if (out->keep_first && out->keep_last)
		fail(&in, "both the first and the last start are to count");
	out->unmatched_ignored = flags & LG_SPANS_UNMATCHED_IGNORED;
	out->single = flags & LG_SPANS_SINGLE;
	out->stamps = number_within(&in, 4, 1, LG_SPANS_ENTRIES, "no stamps, or more than 65536");
	out->labels = number_within(&in, 4, 1, LG_SPANS_ENTRIES, "no labels, or more than 65536");
	text(&in, out->metric, LG_SPANS_METRIC, "a metric's name of more than 127 bytes, or none");
	read_fields(&in, out);
	out->by_count = number_within(&in, 1, 0, LG_SPANS_BY_FIELDS, "more than 3 fields tie");
	for (lg_u32 i = 0; i < out->by_count && !in.wrong; i++)
		out->by[i] = field(&in, out, false);
	out->name = field_if_any(&in, out, true);
	read_conditions(&in, out);
	read_result(&in, out);
	read_spans(&in, out);
	check_places(&in, out);
	if (!in.wrong && in.left)
		fail(&in, "there is more behind its end");
	return in.wrong;
}
