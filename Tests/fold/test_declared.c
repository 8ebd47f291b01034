/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Metrics that come as bytes: what is refused, and what a table means. */
#define _GNU_SOURCE 1
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

struct bytes {
	unsigned char at[1024];
	size_t size;
};

static void put(struct bytes *bytes, lg_u64 value, int size)
{
	for (int i = 0; i < size; i++)
		bytes->at[bytes->size++] = (unsigned char)(value >> 8 * i);
}

static void put_text(struct bytes *bytes, const char *text)
{
	put(bytes, strlen(text), 1);
	memcpy(bytes->at + bytes->size, text, strlen(text));
	bytes->size += strlen(text);
}

/* What is made of an event or a span. */
static void put_result(struct bytes *bytes, lg_u8 value, lg_u32 rows, lg_u64 threshold,
		       lg_u8 columns, const lg_u8 *sources)
{
	put(bytes, value, 1);
	put(bytes, rows, 4);
	put(bytes, threshold, 8);
	put(bytes, columns, 1);
	for (lg_u8 i = 0; i < columns; i++)
		put(bytes, sources[i], 1);
}

/*
 * x.pair: from s/begin to s/end, by thread and the fields a, b and c, of which c
 * has 8 bytes; where a is 3 or 5, and b is not 0x100 of more bits; labels
 * constant 9, b, class. Optional: s/other to s/end, where the constant is 8.
 */
static struct bytes pair(void)
{
	struct bytes bytes = {.size = 0};
	static const char *const fields[] = {"a", "b", "c"};

	put(&bytes, LG_SPANS_VERSION, 2);
	put(&bytes, LG_KIND_HISTOGRAM, 1);
	put(&bytes, LG_SPANS_BY_THREAD | LG_SPANS_CLASS, 1);
	put(&bytes, 8, 4);
	put(&bytes, 4, 4);
	put_text(&bytes, "x.pair");
	put(&bytes, 3, 1);
	for (int i = 0; i < 3; i++) {
		put_text(&bytes, fields[i]);
		put(&bytes, i == 2 ? LG_SPANS_FIELD_WIDE : 0, 1);
	}
	put(&bytes, 0x02010003, 4);
	put(&bytes, LG_SPANS_NONE, 1);
	put(&bytes, 0x02ff0001, 4); /* a condition on field 0 of all events, of two values */
	put(&bytes, 3, 8);
	put(&bytes, 5, 8);
	put_result(&bytes, LG_SPANS_NONE, 0, 0, 0, NULL);
	put(&bytes, 3, 1);
	put(&bytes, 2, 1);
	for (int i = 0; i < 2; i++) {
		put_text(&bytes, "s");
		put_text(&bytes, i ? "other" : "begin");
		put_text(&bytes, "s");
		put_text(&bytes, "end");
		put(&bytes, i, 1);
		put(&bytes, LG_SPANS_FROM_CONSTANT, 1);
		put(&bytes, i ? 8 : 9, 4);
		put(&bytes, 1, 5);
		put(&bytes, LG_SPANS_FROM_CLASS, 5);
	}
	return bytes;
}

static const char *refused(const struct bytes *bytes)
{
	struct lg_declared *declared = lg_declared_new();
	const char *fault = "taken";

	if (lg_declared_add(declared, bytes->at, bytes->size, &fault) < 0)
		check("what is refused leaves no metric", !lg_declared_metrics(declared));
	lg_declared_free(declared);
	return fault;
}

static void test_refusals(void)
{
	struct bytes good = pair(), bad = good;
	bool short_ones = true;

	check("a declaration is taken", !strcmp(refused(&good), "taken"));
	for (bad.size = 0; bad.size < good.size; bad.size++) {
		struct lg_declared *declared = lg_declared_new();
		unsigned char *exact = malloc(bad.size + 1);
		const char *fault = NULL;

		memcpy(exact, good.at, bad.size);
		if (lg_declared_add(declared, exact, bad.size, &fault) != -1 || !fault)
			short_ones = false;
		free(exact);
		lg_declared_free(declared);
	}
	check("cut anywhere it is refused", short_ones);
	bad = good;
	bad.at[0] = 1;
	check("another version", strstr(refused(&bad), "version") != NULL);
	bad = good;
	bad.at[2] = LG_KINDS;
	check("a kind of result of later", strstr(refused(&bad), "kind of result") != NULL);
	bad = good;
	bad.at[bad.size++] = 0;
	check("bytes behind the end", strstr(refused(&bad), "behind its end") != NULL);
	bad = good;
	memcpy(memmem(bad.at, bad.size, "begin", 5), "../x/", 5);
	check("a name that would be a path", strstr(refused(&bad), "letters") != NULL);
}

struct given {
	lg_u64 ns, a, b, c;
	lg_u32 number, tid;
};

static void give(struct lg_fold *fold, struct given given)
{
	struct lg_trace_event event = {.kind = LG_EVENT_KINDS,
				       .declared = given.number,
				       .time_ns = given.ns,
				       .tid = given.tid,
				       .values = {given.a, given.b, given.c}};

	lg_fold_event(fold, &event);
}

static struct lg_fold *fold_of(const struct lg_declared *declared, const lg_u32 *present)
{
	struct lg_fold_options options = {.declared = declared, .present = present};
	struct lg_fold *fold = lg_fold_new(&options);

	lg_fold_arm(fold, 100);
	lg_fold_open(fold, 200);
	lg_fold_drain(fold, 1000);
	lg_fold_close(fold, 2000);
	return fold;
}

enum { BEGIN = 1, END, OTHER };

static void test_meaning(const struct lg_declared *declared)
{
	static const lg_u32 labels[3] = {9, 7, LG_CLASS_USER};
	lg_u32 present[3] = {LG_DECLARED_PRESENT | 7, LG_DECLARED_PRESENT | 7, 0};
	struct lg_fold *fold = fold_of(declared, present);
	struct lg_fold_result result;
	struct lg_fold_label label = {0};
	lg_u64 high = 1ull << 32;

	/* Of a and b, which have 4 bytes, the upper ones do not count. */
	give(fold, (struct given){210, 3, 7, 1, BEGIN, 1});
	give(fold, (struct given){220, 3, 7, 1 | high, BEGIN, 1});
	give(fold, (struct given){230, 4, 7, 1, BEGIN, 1});
	give(fold, (struct given){240, 3, 7, 1, END, 2});
	give(fold, (struct given){250, 3 | high, 7 | high, 1, END, 1});
	give(fold, (struct given){300, 3, 7, 1 | high, END, 1});
	give(fold, (struct given){310, 5, 8, 1, OTHER, 1});
	lg_fold_result(fold, LG_FOLD_METRICS, &result);
	check("all that ties counts, and what a condition leaves out does not",
	      result.counters.started == 2 && result.counters.recorded == 2 &&
		      result.counters.no_start == 1 && !result.counters.overwritten);
	check("labels: constant, field and class",
	      lg_fold_label_count(fold, LG_FOLD_METRICS) == 1 &&
		      lg_fold_label(fold, LG_FOLD_METRICS, 0, &label) && label.key_size == 12 &&
		      !memcmp(label.key, labels, sizeof(labels)) && label.hist->sum == 40 + 80);
	check("its name", !strcmp(lg_fold_metric_name(fold, LG_FOLD_METRICS), "x.pair"));
	lg_fold_free(fold);

	present[2] = LG_DECLARED_PRESENT | 7;
	fold = fold_of(declared, present);
	give(fold, (struct given){210, 5, 8, 1, BEGIN, 1});
	give(fold, (struct given){220, 5, 8, 1, OTHER, 1});
	give(fold, (struct given){250, 5, 8, 1, END, 1});
	lg_fold_result(fold, LG_FOLD_METRICS, &result);
	check("spans do not mix",
	      result.counters.recorded == 2 && lg_fold_label_count(fold, LG_FOLD_METRICS) == 2);
	lg_fold_free(fold);
}

/*
 * x.one of a kind: the events s/one and (optional) s/two, each with the field v
 * of 8 bytes, d of 4, and the text t; where d is not 0.
 */
static struct bytes single(lg_u32 kind, lg_u8 value, lg_u32 rows, lg_u8 columns,
			   const lg_u8 *sources)
{
	static const char *const fields[] = {"v", "d", "t"};
	static const lg_u8 flags[] = {LG_SPANS_FIELD_WIDE, 0, LG_SPANS_FIELD_TEXT};
	struct bytes bytes = {.size = 0};

	put(&bytes, LG_SPANS_VERSION, 2);
	put(&bytes, kind, 1);
	put(&bytes, LG_SPANS_BY_THREAD | LG_SPANS_CLASS | LG_SPANS_SINGLE, 1);
	put(&bytes, 1, 4);
	put(&bytes, 2, 4);
	put_text(&bytes, "x.one");
	put(&bytes, 3, 1);
	for (int i = 0; i < 3; i++) {
		put_text(&bytes, fields[i]);
		put(&bytes, flags[i], 1);
	}
	put(&bytes, 0, 1);
	put(&bytes, LG_SPANS_NONE, 1);
	put(&bytes, 0x03ff0101, 4); /* a condition on field 1, of three values */
	for (lg_u64 i = 1; i <= 3; i++)
		put(&bytes, i, 8);
	put_result(&bytes, value, rows, 0, columns, sources);
	put(&bytes, kind != LG_KIND_EVENTS, 1);
	put(&bytes, 2, 1);
	for (int i = 0; i < 2; i++) {
		put_text(&bytes, "s");
		put_text(&bytes, i ? "two" : "one");
		put(&bytes, i, 1);
		if (kind != LG_KIND_EVENTS)
			put(&bytes, 1, 5);
	}
	return bytes;
}

static struct lg_fold *fold_of_single(struct lg_declared **declared, const struct bytes *bytes)
{
	static const lg_u32 present[2] = {LG_DECLARED_PRESENT | 7, LG_DECLARED_PRESENT | 7};
	const char *wrong = "";

	*declared = lg_declared_new();
	if (lg_declared_add(*declared, bytes->at, bytes->size, &wrong))
		check(wrong, false);
	return fold_of(*declared, present);
}

static void give_single(struct lg_fold *fold, lg_u64 ns, lg_u64 v, lg_u64 d, lg_u32 number)
{
	struct lg_trace_event event = {.kind = LG_EVENT_KINDS,
				       .declared = number,
				       .time_ns = ns,
				       .tid = 9,
				       .cpu = 3,
				       .text = "a name",
				       .values = {v, d}};

	lg_fold_event(fold, &event);
}

static void test_counter(void)
{
	struct bytes bytes = single(LG_KIND_COUNTER, 0, 0, 0, NULL);
	struct lg_declared *declared;
	struct lg_fold *fold = fold_of_single(&declared, &bytes);
	struct lg_fold_result result;
	struct lg_fold_label label = {0};
	lg_u64 high = 1ull << 40;

	give_single(fold, 150, 5, 1, 1);
	give_single(fold, 200, high, 1, 1);
	give_single(fold, 999, 6, 1, 2);
	give_single(fold, 300, 7, 0, 1);
	give_single(fold, 310, 8, 2, 1);
	give_single(fold, 320, 9, 3, 1);
	give_single(fold, 1000, 10, 1, 1);
	lg_fold_result(fold, LG_FOLD_METRICS, &result);
	check("events of the window alone, and of the condition, are counted",
	      result.counters.started == 4 && result.counters.recorded == 4 &&
		      !result.counters.map_full && !result.censored);
	check("a counter has counts and sums, up to its labels",
	      lg_fold_kind(fold, LG_FOLD_METRICS) == LG_KIND_COUNTER &&
		      lg_fold_label_count(fold, LG_FOLD_METRICS) == 3 &&
		      lg_fold_label(fold, LG_FOLD_METRICS, 0, &label) && !label.hist &&
		      label.count->count == 2 && label.count->sum == high + 6 &&
		      label.key[0] == 1 && label.key_size == 4);
	lg_fold_free(fold);
	lg_declared_free(declared);
}

static void test_values(void)
{
	struct bytes bytes = single(LG_KIND_HISTOGRAM, 0, 0, 0, NULL);
	struct lg_declared *declared;
	struct lg_fold *fold = fold_of_single(&declared, &bytes);
	struct lg_fold_result result;
	struct lg_fold_label label = {0};

	give_single(fold, 200, 4096, 1, 1);
	give_single(fold, 201, (lg_u64)-1, 1, 1);
	give_single(fold, 202, LG_HIST_MAX_VALUE + 1, 1, 1);
	lg_fold_result(fold, LG_FOLD_METRICS, &result);
	check("values are recorded, none below 0, long ones as the longest",
	      lg_fold_label(fold, LG_FOLD_METRICS, 0, &label) && label.hist->count == 2 &&
		      label.hist->buckets[lg_bucket(4096)] == 1 && result.counters.negative == 1 &&
		      result.counters.cancelled == 1 && result.counters.clamped == 1 &&
		      result.counters.recorded == 2);
	lg_fold_free(fold);
	lg_declared_free(declared);
}

static lg_u64 word(const unsigned char *at)
{
	lg_u64 value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static void test_rows(void)
{
	static const lg_u8 sources[] = {0, 2, LG_SPANS_FROM_CPU, LG_SPANS_FROM_THREAD,
					LG_SPANS_FROM_CLASS};
	struct bytes bytes = single(LG_KIND_EVENTS, LG_SPANS_NONE, 2, 5, sources);
	struct lg_declared *declared;
	struct lg_fold *fold = fold_of_single(&declared, &bytes);
	struct lg_fold_result result;
	struct lg_fold_rows rows;
	const unsigned char *second;

	for (lg_u64 i = 0; i < 3; i++)
		give_single(fold, 205 + i, 70 + i, 1, 1);
	lg_fold_result(fold, LG_FOLD_METRICS, &result);
	rows = lg_fold_rows(fold, LG_FOLD_METRICS);
	check("rows up to the bound of a CPU, the others recorded without",
	      rows.count == 2 && rows.row_size == 8 + 8 + LG_NAME_LEN + 8 + 8 + 8 &&
		      result.counters.recorded == 3 && result.counters.started == 3);
	second = rows.bytes + rows.row_size;
	check("time, field, text, CPU, thread, class",
	      word(second) == 6 && word(second + 8) == 71 &&
		      !strcmp((const char *)second + 16, "a name") &&
		      word(second + 16 + LG_NAME_LEN) == 3 &&
		      word(second + 24 + LG_NAME_LEN) == 9 &&
		      word(second + 32 + LG_NAME_LEN) == LG_CLASS_USER);
	lg_fold_arm(fold, 3000);
	check("another window has none of them", !lg_fold_rows(fold, LG_FOLD_METRICS).count);
	lg_fold_free(fold);
	lg_declared_free(declared);
}

/* x.pair with a row for spans of at least 50 ns. */
static void test_slow_rows(void)
{
	static const lg_u8 sources[] = {LG_SPANS_FROM_DURATION};
	static const lg_u32 present[3] = {LG_DECLARED_PRESENT | 7, LG_DECLARED_PRESENT | 7, 0};
	struct bytes head = pair(), bytes = {.size = 0};
	struct lg_declared *declared = lg_declared_new();
	struct lg_fold_result result;
	struct lg_fold_rows rows;
	struct lg_fold *fold;
	const char *wrong = "";

	/* Up to the condition's values as it is; no labels. */
	bytes.size = (size_t)((unsigned char *)memmem(head.at, head.size,
						      "\x01s\x05"
						      "begin",
						      8) -
			      head.at) -
		     16;
	memcpy(bytes.at, head.at, bytes.size);
	bytes.at[2] = LG_KIND_EVENTS;
	put_result(&bytes, LG_SPANS_NONE, 4, 50, 1, sources);
	put(&bytes, 0x0100, 2);
	put_text(&bytes, "s");
	put_text(&bytes, "begin");
	put_text(&bytes, "s");
	put_text(&bytes, "end");
	put(&bytes, 0, 1);
	if (lg_declared_add(declared, bytes.at, bytes.size, &wrong))
		check(wrong, false);
	fold = fold_of(declared, present);
	give(fold, (struct given){210, 3, 7, 1, BEGIN, 1});
	give(fold, (struct given){259, 3, 7, 1, END, 1});
	give(fold, (struct given){300, 3, 7, 1, BEGIN, 1});
	give(fold, (struct given){350, 3, 7, 1, END, 1});
	lg_fold_result(fold, LG_FOLD_METRICS, &result);
	rows = lg_fold_rows(fold, LG_FOLD_METRICS);
	check("slow spans have a row, faster ones are cancelled",
	      rows.count == 1 && word(rows.bytes) == 150 && word(rows.bytes + 8) == 50 &&
		      result.counters.recorded == 1 && result.counters.cancelled == 1 &&
		      result.counters.started == 2 && !result.censored);
	lg_fold_free(fold);
	lg_declared_free(declared);
}

static void test_results_that_cannot_be(void)
{
	static const lg_u8 duration[] = {LG_SPANS_FROM_DURATION}, unknown[] = {0x80};
	struct bytes bytes = single(LG_KIND_EVENTS, LG_SPANS_NONE, 2, 1, duration);

	check("a single event has no duration", strstr(refused(&bytes), "duration") != NULL);
	bytes = single(LG_KIND_EVENTS, LG_SPANS_NONE, 2, 1, unknown);
	check("a column of later", strstr(refused(&bytes), "not known") != NULL);
	bytes = single(LG_KIND_EVENTS, LG_SPANS_NONE, LG_ROWS_MAX + 1, 1, unknown);
	check("too many rows", strstr(refused(&bytes), "4096") != NULL);
	bytes = single(LG_KIND_HISTOGRAM, LG_SPANS_NONE, 0, 0, NULL);
	check("a histogram of events has a value", strstr(refused(&bytes), "a value") != NULL);
}

static void test_limits(const struct lg_declared *declared)
{
	lg_u32 present[3] = {LG_DECLARED_PRESENT | 7, LG_DECLARED_PRESENT | 7, 0};
	struct lg_fold *fold = fold_of(declared, present);
	struct lg_fold_result result;

	for (lg_u32 i = 0; i < 9; i++)
		give(fold, (struct given){210, 3, i, 0, BEGIN, 1});
	for (lg_u32 i = 0; i < 5; i++)
		give(fold, (struct given){220, 3, i, 0, END, 1});
	lg_fold_result(fold, LG_FOLD_METRICS, &result);
	check("limits: 8 in flight, 4 labels and the others",
	      result.counters.started == 8 && result.counters.recorded == 5 &&
		      result.counters.map_full == 1 && result.censored == 3 &&
		      lg_fold_label_count(fold, LG_FOLD_METRICS) == 5);
	lg_fold_free(fold);
}

static void test_possible(const struct lg_declared *declared)
{
	lg_u32 present[3] = {LG_DECLARED_PRESENT | 7, LG_DECLARED_PRESENT | 3, 0};

	check("an event without a field that ties is none",
	      !lg_declared_possible(declared, 0, present));
	check("the field is named", !strcmp(lg_declared_lacking(declared, 0, 1, present[1]), "c"));
	present[1] = LG_DECLARED_PRESENT | 7;
	check("an optional span may be absent", lg_declared_possible(declared, 0, present));
	check("then its event is not used", lg_declared_uses(declared, 0, 0, present) &&
						    !lg_declared_uses(declared, 0, 2, present) &&
						    lg_declared_uses(declared, 0, 2, NULL));
	present[0] = 0;
	present[2] = LG_DECLARED_PRESENT | 7;
	check("another one may not", !lg_declared_possible(declared, 0, present));
}

/* A kernel's own formats: offsets, sizes and signs are theirs. */
static void test_formats(const char *fixtures, const struct lg_declared *tables)
{
	static const char text[] = "name: begin\nID: 7\n"
				   "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\n"
				   "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n"
				   "\tfield:short b;\toffset:8;\tsize:2;\tsigned:1;\n"
				   "\tfield:u8 c;\toffset:10;\tsize:1;\tsigned:0;\n"
				   "\tfield:char a[8];\toffset:11;\tsize:8;\tsigned:0;\n";
	unsigned char bytes[32] = {7, 0, 0, 0, 42, 0, 0, 0, 0xfe, 0xff, 0xfe};
	struct lg_trace_record record = {.data = bytes, .size = 19};
	struct lg_declared *declared = lg_declared_new();
	struct bytes good = pair();
	struct lg_trace_format format;
	struct lg_trace_fault fault;
	struct lg_decoder decoder;
	struct lg_trace_event event;
	const char *wrong = "";
	char path[512];
	size_t size;
	char *whole;

	lg_declared_add(declared, good.at, good.size, &wrong);
	lg_decoder_init(&decoder);
	lg_trace_format_parse(&format, text, sizeof(text) - 1, &fault);
	check("an event of a format",
	      lg_decoder_declare(&decoder, declared, 0, &format, NULL) == LG_DECODER_ADDED);
	check_number("a field of another kind is not there", decoder.present[0],
		     LG_DECLARED_PRESENT | 6);
	check("its record", lg_decode(&decoder, 1, &record, &event) == LG_DECODED &&
				    event.declared == 1 && event.kind == LG_EVENT_KINDS &&
				    event.tid == 42);
	check("signs are those of the format",
	      event.values[1] == (lg_u64)-2 && event.values[2] == 0xfe && !event.values[0]);
	lg_declared_free(declared);

	lg_decoder_init(&decoder);
	snprintf(path, sizeof(path), "%s/irq_handler_entry.format", fixtures);
	whole = read_whole(path, &size);
	lg_trace_format_parse(&format, whole, size, &fault);
	free(whole);
	lg_decoder_declare(&decoder, tables, IRQ_ENTRY - 1, &format, NULL);
	memset(bytes, 0, sizeof(bytes));
	bytes[0] = (unsigned char)format.id;
	bytes[1] = (unsigned char)(format.id >> 8);
	bytes[8] = 17;
	bytes[12] = 16; /* where the name is */
	bytes[14] = 5; /* and how long */
	memcpy(bytes + 16, "virt", 5);
	record.size = 24;
	lg_decode(&decoder, 0, &record, &event);
	check("a handler's name", event.values[0] == 17 && !strcmp(event.text, "virt"));
	bytes[14] = 200;
	check("a name beyond the record",
	      lg_decode(&decoder, 0, &record, &event) == LG_DECODE_SHORT);
}

/* An event may be one of the library's and declared. */
static void test_both(const char *fixtures)
{
	struct lg_declared *declared = lg_declared_new();
	struct bytes bytes = {.size = 0};
	struct lg_trace_format format;
	struct lg_trace_fault fault;
	struct lg_decoder decoder;
	const char *wrong = "";
	char path[512];
	size_t size;
	char *whole;

	put(&bytes, LG_SPANS_VERSION, 2);
	put(&bytes, LG_SPANS_BY_CPU << 8, 2);
	put(&bytes, 8, 4);
	put(&bytes, 4, 4);
	put_text(&bytes, "x.vec");
	put(&bytes, 1, 1);
	put_text(&bytes, "vec");
	put(&bytes, 0, 1);
	put(&bytes, 0x0001, 2); /* by field 0 */
	put(&bytes, LG_SPANS_NONE, 2); /* and no conditions */
	put_result(&bytes, LG_SPANS_NONE, 0, 0, 0, NULL);
	put(&bytes, 0x0101, 2);
	put_text(&bytes, "irq");
	put_text(&bytes, "softirq_entry");
	put_text(&bytes, "irq");
	put_text(&bytes, "softirq_entry");
	put(&bytes, 0, 6);
	check("from an event to the next one of it",
	      lg_declared_add(declared, bytes.at, bytes.size, &wrong) == 0 &&
		      lg_declared_events(declared) == 1);
	snprintf(path, sizeof(path), "%s/softirq_entry.format", fixtures);
	whole = read_whole(path, &size);
	lg_decoder_init(&decoder);
	lg_trace_format_parse(&format, whole, size, &fault);
	free(whole);
	lg_decoder_add(&decoder, &format, NULL);
	lg_decoder_declare(&decoder, declared, 0, &format, NULL);
	check("one entry for both", decoder.count == 1 &&
					    decoder.entries[0].kind == LG_EVENT_SOFTIRQ_ENTRY &&
					    decoder.entries[0].declared == 1);
	{
		struct lg_fold *fold = fold_of(declared, decoder.present);
		struct lg_fold_result result;

		for (lg_u64 ns = 210; ns < 300; ns += 30)
			give(fold, (struct given){ns, 3, 0, 0, 1, 0});
		lg_fold_result(fold, LG_FOLD_METRICS, &result);
		check("the end comes first", result.counters.started == 3 &&
						     result.counters.recorded == 2 &&
						     result.counters.no_start == 1);
		lg_fold_free(fold);
	}
	lg_declared_free(declared);
}

/*
 * x.idle: from s/idle where a is 1 to s/idle where a is 9, by b; an end without a
 * start is nothing, and which of several starts counts is `keep`. `places` are those of the conditions.
 */
static struct bytes idle(lg_u32 places, lg_u32 keep)
{
	struct bytes bytes = {.size = 0};

	put(&bytes, LG_SPANS_VERSION, 2);
	put(&bytes, (keep | LG_SPANS_UNMATCHED_IGNORED) << 8, 2);
	put(&bytes, 8, 4);
	put(&bytes, 4, 4);
	put_text(&bytes, "x.idle");
	put(&bytes, 2, 1);
	for (int i = 0; i < 2; i++) {
		put_text(&bytes, i ? "b" : "a");
		put(&bytes, 0, 1);
	}
	put(&bytes, 0x0101, 2); /* by field 1 */
	put(&bytes, LG_SPANS_NONE, 1);
	put(&bytes, 2, 1);
	for (int i = 0; i < 2; i++) {
		put(&bytes, 0, 1);
		put(&bytes, places >> 8 * i, 1);
		put(&bytes, 1, 1);
		put(&bytes, i ? 9 : 1, 8);
	}
	put_result(&bytes, LG_SPANS_NONE, 0, 0, 0, NULL);
	put(&bytes, 0x0101, 2); /* one label, one span */
	for (int i = 0; i < 2; i++) {
		put_text(&bytes, "s");
		put_text(&bytes, "idle");
	}
	put(&bytes, 0, 1);
	put(&bytes, 1, 5); /* the label is field 1 */
	return bytes;
}

static void test_places(void)
{
	struct lg_declared *declared = lg_declared_new();
	lg_u32 present[1] = {LG_DECLARED_PRESENT | 3};
	struct bytes good = idle(0x0100, LG_SPANS_KEEP_FIRST);
	struct bytes last = idle(0x0100, LG_SPANS_KEEP_LAST);
	struct bytes bad = idle(0x0200, 0);
	struct bytes both = idle(0x0100, LG_SPANS_KEEP_FIRST | LG_SPANS_KEEP_LAST);
	struct lg_fold_label label = {0};
	struct lg_fold_result result;
	const char *wrong = "";
	struct lg_fold *fold;

	check("a condition of a span that is not there",
	      strstr(refused(&bad), "condition") != NULL);
	check("two rules for one repetition", strstr(refused(&both), "both") != NULL);
	check("conditions of one event",
	      lg_declared_add(declared, good.at, good.size, &wrong) == 0);
	fold = fold_of(declared, present);
	give(fold, (struct given){210, 9, 4, 0, 1, 0});
	give(fold, (struct given){220, 1, 4, 0, 1, 0});
	give(fold, (struct given){230, 1, 4, 0, 1, 0});
	give(fold, (struct given){240, 7, 4, 0, 1, 0});
	give(fold, (struct given){250, 9, 4, 0, 1, 0});
	lg_fold_result(fold, LG_FOLD_METRICS, &result);
	check("the first start counts, and ends without one are nothing",
	      result.counters.started == 1 && result.counters.recorded == 1 &&
		      !result.counters.overwritten && !result.counters.no_start &&
		      lg_fold_label(fold, LG_FOLD_METRICS, 0, &label) && label.hist->sum == 30);
	lg_fold_free(fold);

	lg_declared_add(declared, last.at, last.size, &wrong);
	fold = fold_of(declared, present);
	give(fold, (struct given){220, 1, 4, 0, 1, 0});
	give(fold, (struct given){230, 1, 4, 0, 1, 0});
	give(fold, (struct given){250, 9, 4, 0, 1, 0});
	lg_fold_result(fold, LG_FOLD_METRICS + 1, &result);
	check("or the last, and the one before came to nothing",
	      result.counters.started == 2 && result.counters.recorded == 1 &&
		      result.counters.cancelled == 1 && !result.counters.overwritten &&
		      lg_fold_label(fold, LG_FOLD_METRICS + 1, 0, &label) && label.hist->sum == 20);
	lg_fold_free(fold);
	lg_declared_free(declared);
}

void test_declared(const char *fixtures, const char *spans)
{
	struct lg_declared *declared = lg_declared_new(), *tables = shipped_tables(spans);
	struct bytes good = pair();
	const char *fault = "";

	test_refusals();
	lg_declared_add(declared, good.at, good.size, &fault);
	test_meaning(declared);
	test_counter();
	test_values();
	test_rows();
	test_slow_rows();
	test_results_that_cannot_be();
	test_limits(declared);
	test_places();
	test_possible(declared);
	lg_declared_free(declared);
	test_formats(fixtures, tables);
	test_both(fixtures);
	lg_declared_free(tables);
}
