/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * A span whose events, fields and tests are known when it is loaded only: the
 * programs behind span_template.h. LG_SPAN_OF_FUNCTION: from entry to return of
 * a function; else from one trace event to another.
 *
 * The names of hooks and what they attach to are room for others, written over
 * in the object; the numbers in .rodata are constants to the verifier, which
 * removes what the configuration does not use.
 */
#ifndef LATGATE_SPAN_PROGRAMS_H
#define LATGATE_SPAN_PROGRAMS_H

/* A completion may interrupt a start of the same metric. */
#define LG_NEST_LEVELS 4
#include "probe.h"
#include "span_template.h"

const volatile struct lg_template lg_template;

struct lg_template_key {
	u64 tied[LG_TEMPLATE_TIED];
};

struct lg_template_label {
	u32 word[LG_TEMPLATE_WORDS];
};

/* Words of the label that the start gives are kept with its stamp. */
struct lg_template_start {
	struct lg_stamp stamp;
	struct lg_template_label label;
};

LG_HIST_LABELS(h_span, struct lg_template_label, 512);

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct lg_template_key);
	__type(value, struct lg_template_start);
} s_span SEC(".maps");

/* The helper, as a program may not load from the middle of some contexts. */
static __always_inline u64 lg_template_number(const void *ctx,
					      const volatile struct lg_place *place)
{
	u32 size = place->size;
	u64 value = 0;

	switch (place->from) {
	case LG_FROM_THREAD:
		return (u32)bpf_get_current_pid_tgid();
	case LG_FROM_CPU:
		return bpf_get_smp_processor_id();
	case LG_FROM_CONTEXT:
	case LG_FROM_SIGNED:
		break;
	default:
		return 0;
	}
	if (size == 8)
		bpf_probe_read_kernel(&value, 8, ctx + place->offset);
	else if (size == 4)
		bpf_probe_read_kernel(&value, 4, ctx + place->offset);
	else if (size == 2)
		bpf_probe_read_kernel(&value, 2, ctx + place->offset);
	else if (size == 1)
		bpf_probe_read_kernel(&value, 1, ctx + place->offset);
	if (place->from == LG_FROM_SIGNED && size < 8)
		value = (u64)((s64)(value << (64 - 8 * size)) >> (64 - 8 * size));
	return value;
}

static __always_inline bool lg_template_holds(const void *ctx, const volatile struct lg_test *test)
{
	u64 value = lg_template_number(ctx, &test->place), limit = test->value;
	bool sign = test->place.from == LG_FROM_SIGNED;

	switch (test->test) {
	case LG_TEST_EQUAL:
		return value == limit;
	case LG_TEST_UNEQUAL:
		return value != limit;
	case LG_TEST_LESS:
		return sign ? (s64)value < (s64)limit : value < limit;
	case LG_TEST_AT_MOST:
		return sign ? (s64)value <= (s64)limit : value <= limit;
	case LG_TEST_MORE:
		return sign ? (s64)value > (s64)limit : value > limit;
	case LG_TEST_AT_LEAST:
		return sign ? (s64)value >= (s64)limit : value >= limit;
	default:
		return value & limit;
	}
}

/* Every group of tests has one that holds. */
static __always_inline bool lg_template_fits(const void *ctx, const volatile struct lg_side *side)
{
	bool any = false;

#pragma unroll
	for (int i = 0; i < LG_TEMPLATE_TESTS; i++) {
		if (side->tests[i].test == LG_TEST_NONE)
			return true;
		any |= lg_template_holds(ctx, &side->tests[i]);
		if (side->tests[i].goes_on)
			continue;
		if (!any)
			return false;
		any = false;
	}
	return true;
}

static __always_inline void lg_template_operation(const void *ctx,
						  const volatile struct lg_side *side,
						  struct lg_template_key *key)
{
#pragma unroll
	for (int i = 0; i < LG_TEMPLATE_TIED; i++)
		key->tied[i] = lg_template_number(ctx, &side->tied[i]);
}

/* The words of a label that a side gives; the others stay. */
static __always_inline void lg_template_words(const void *ctx, const volatile struct lg_side *side,
					      struct lg_template_label *label, u32 class_)
{
	u64 number;
	u32 size;

#pragma unroll
	for (int i = 0; i < LG_TEMPLATE_WORDS; i++) {
		const volatile struct lg_place *place = &side->labels[i];

		switch (place->from) {
		case LG_FROM_NOWHERE:
			break;
		case LG_FROM_TEXT:
			size = place->size;
			if (size && size <= 4u * (LG_TEMPLATE_WORDS - i))
				bpf_probe_read_kernel_str(&label->word[i], size,
							  ctx + place->offset);
			break;
		case LG_FROM_CLASS_OF_TASK:
			label->word[i] = class_;
			break;
		default:
			number = lg_template_number(ctx, place);
			label->word[i] = number;
			if (place->size == 8 && i + 1 < LG_TEMPLATE_WORDS)
				label->word[i + 1] = number >> 32;
		}
	}
}

static __always_inline void lg_template_begins(const void *ctx, u32 word)
{
	const volatile struct lg_side *side = &lg_template.from;
	u32 class_ = lg_template.by_class ? lg_class_current() : LG_CLASS_KERNEL;
	struct lg_counters *c = lg_metric(0);
	struct lg_template_start fresh = {}, *start;
	struct lg_template_key key = {};

	if (!c || !lg_template_fits(ctx, side))
		return;
	lg_template_operation(ctx, side, &key);
	start = bpf_map_lookup_elem(&s_span, &key);
	if (!start) {
		if (bpf_map_update_elem(&s_span, &key, &fresh, BPF_NOEXIST)) {
			if (lg_judged(word))
				c->map_full++;
			return;
		}
		start = bpf_map_lookup_elem(&s_span, &key);
		if (!start)
			return;
	} else {
		start->label = fresh.label;
	}
	lg_template_words(ctx, side, &start->label, class_);
	lg_start(&start->stamp, word, bpf_ktime_get_ns(), class_, c);
}

static __always_inline void lg_template_ends(const void *ctx, u32 word)
{
	u64 now = bpf_ktime_get_ns();
	const volatile struct lg_side *side = &lg_template.to;
	struct lg_template_label label = {};
	struct lg_counters *c = lg_metric(0);
	struct lg_template_start *start;
	struct lg_template_key key = {};
	struct lg_span span;
	bool judged;

	if (!c)
		return;
	lg_template_operation(ctx, side, &key);
	start = bpf_map_lookup_elem(&s_span, &key);
	if (!start) {
		if (!lg_template.unmatched_ignored && lg_template_fits(ctx, side) &&
		    lg_window_state(word) != LG_WINDOW_ARMED)
			c->no_start++;
		return;
	}
	label = start->label;
	if (!lg_template_fits(ctx, side)) {
		/* An end of another kind than is asked for. */
		lg_cancel(&start->stamp, word, c);
		bpf_map_delete_elem(&s_span, &key);
		return;
	}
	judged = lg_end(&start->stamp, word, now, c, &span);
	bpf_map_delete_elem(&s_span, &key);
	if (!judged)
		return;
	lg_template_words(ctx, side, &label, span.class_);
	lg_record(lg_hist_of(&h_span, &label), &span, c);
}

#define LG_TEMPLATE_PROGRAM(section, name, call)                                                   \
	SEC(section)                                                                               \
	int name(void *ctx)                                                                        \
	{                                                                                          \
		u32 word = lg_window_now();                                                        \
                                                                                                   \
		if (!word)                                                                         \
			return 0;                                                                  \
		lg_nest_enter();                                                                   \
		call;                                                                              \
		lg_nest_leave();                                                                   \
		return 0;                                                                          \
	}

/* 79 characters, as long as the longest name that is written there; none is a part of another. */
#define LG_ROOM_OF_START                                                                           \
	"lg_start_______________________________________________________________________"
#define LG_ROOM_OF_END                                                                             \
	"lg_end_________________________________________________________________________"

#ifdef LG_SPAN_OF_FUNCTION
LG_TEMPLATE_PROGRAM("kprobe/" LG_ROOM_OF_START,
		    lg_hook_of_start_______________________________________________kprobe,
		    lg_template_begins(ctx, word))
LG_TEMPLATE_PROGRAM("kretprobe/" LG_ROOM_OF_END,
		    lg_hook_of_end_________________________________________________kprobe,
		    lg_template_ends(ctx, word))
#else
LG_TEMPLATE_PROGRAM("tracepoint/none/" LG_ROOM_OF_START,
		    lg_hook_of_start___________________________________________tracepoint,
		    lg_template_begins(ctx, word))
LG_TEMPLATE_PROGRAM("tracepoint/none/" LG_ROOM_OF_END,
		    lg_hook_of_end_____________________________________________tracepoint,
		    lg_template_ends(ctx, word))
#endif

#endif
