/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What prepared programs share (span_template.h): numbers, tests and words of
 * labels, wherever the configuration says that they are. The numbers in .rodata
 * are constants to the verifier, which removes what the configuration does not
 * use.
 */
#ifndef LATGATE_TEMPLATE_H
#define LATGATE_TEMPLATE_H

#include "span_template.h"

struct lg_template_label {
	u32 word[LG_TEMPLATE_WORDS];
};

/* What a program was handed, and for which side of a span. */
struct lg_template_hit {
	const void *ctx;
	const volatile struct lg_side *side;
	u32 location; /* of LG_FROM_LOCATION: an index of its places */
};

/*
 * Where a side has no places by location, the verifier leaves nothing of this but
 * a constant. Else it goes through the program once for each location, for which
 * places are constants again.
 */
static __always_inline struct lg_template_hit lg_template_hit(const void *ctx,
							      const volatile struct lg_side *side)
{
	struct lg_template_hit hit = {.ctx = ctx, .side = side};
	u32 instruction = side->locations.instruction, at = 0;

	if (!instruction)
		return hit;
	bpf_probe_read_kernel(&at, sizeof(at), ctx + instruction);
	at &= LG_LOCATION_MASK;
	/* The last that is not behind the instruction, which is at one of them. */
#pragma unroll
	for (u32 half = LG_TEMPLATE_LOCATIONS / 2; half; half /= 2)
		if (side->locations.at[hit.location + half] <= at)
			hit.location += half;
	return hit;
}

/* Whether numbers of a place may be below 0. */
static __always_inline bool lg_template_signed(const volatile struct lg_place *place)
{
	u32 kind = LG_FROM_KIND(place->from);

	return kind == LG_FROM_SIGNED || kind == LG_FROM_USER_SIGNED ||
	       kind == LG_FROM_CONSTANT_SIGNED || kind == LG_FROM_LOCATION_SIGNED;
}

/* What a process has behind a register; 0 where its page is not there. */
static __always_inline u64 lg_template_user(const void *ctx, const volatile struct lg_place *place)
{
	u32 from = place->from, size = place->size;
	u64 pointer = 0, value = 0;

	bpf_probe_read_kernel(&pointer, LG_FROM_REGISTER_BYTES(from) == 4 ? 4 : 8,
			      ctx + LG_FROM_REGISTER(from));
	pointer += (s64)(s32)place->offset;
	if (size && size <= 8)
		bpf_probe_read_user(&value, size, (const void *)pointer);
	return value;
}

/* Of a number of less than 8 bytes, what it says in 8. */
static __always_inline u64 lg_template_extended(u64 value, u32 size, bool sign)
{
	u32 unused = 64 - 8 * size;

	if (size >= 8)
		return value;
	return sign ? (u64)((s64)(value << unused) >> unused) : value << unused >> unused;
}

/*
 * A number of any place but LG_FROM_LOCATION. The helper, as a program may not
 * load from the middle of some contexts.
 */
static __always_inline u64 lg_template_plain(const void *ctx, const volatile struct lg_place *place)
{
	u32 size = place->size;
	u64 value = 0;

	switch (LG_FROM_KIND(place->from)) {
	case LG_FROM_THREAD:
		return (u32)bpf_get_current_pid_tgid();
	case LG_FROM_PROCESS:
		return bpf_get_current_pid_tgid() >> 32;
	case LG_FROM_CPU:
		return bpf_get_smp_processor_id();
	case LG_FROM_CONTEXT:
	case LG_FROM_SIGNED:
		if (size && size <= 8)
			bpf_probe_read_kernel(&value, size, ctx + place->offset);
		break;
	case LG_FROM_USER:
	case LG_FROM_USER_SIGNED:
		value = lg_template_user(ctx, place);
		break;
	case LG_FROM_CONSTANT:
	case LG_FROM_CONSTANT_SIGNED:
		value = (u64)(s64)(s32)place->offset;
		break;
	default:
		return 0;
	}
	return lg_template_extended(value, size, lg_template_signed(place));
}

static __always_inline u64 lg_template_number(const struct lg_template_hit *hit,
					      const volatile struct lg_place *place)
{
	u32 kind = LG_FROM_KIND(place->from);

	if (kind == LG_FROM_LOCATION || kind == LG_FROM_LOCATION_SIGNED)
		place = &hit->side->locations.places[place->offset][hit->location];
	return lg_template_plain(hit->ctx, place);
}

static __always_inline bool lg_template_holds(const struct lg_template_hit *hit,
					      const volatile struct lg_test *test)
{
	u64 value = lg_template_number(hit, &test->place), limit = test->value;
	bool sign = lg_template_signed(&test->place);

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
static __always_inline bool lg_template_fits(const struct lg_template_hit *hit)
{
	const volatile struct lg_side *side = hit->side;
	bool any = false;

#pragma unroll
	for (int i = 0; i < LG_TEMPLATE_TESTS; i++) {
		if (side->tests[i].test == LG_TEST_NONE)
			return true;
		any |= lg_template_holds(hit, &side->tests[i]);
		if (side->tests[i].goes_on)
			continue;
		if (!any)
			return false;
		any = false;
	}
	return true;
}

/* Where a field of text is: in the record, or where a word of the record says. */
static __always_inline u32 lg_template_text(const void *ctx, const volatile struct lg_place *place)
{
	u32 offset = place->offset, location = 0;

	if (place->from == LG_FROM_TEXT)
		return offset;
	bpf_probe_read_kernel(&location, sizeof(location), ctx + offset);
	location &= 0xffff;
	return place->from == LG_FROM_TEXT_AFTER ? offset + sizeof(location) + location : location;
}

/* The words of a label that a side gives; the others stay. */
static __always_inline void lg_template_words(const struct lg_template_hit *hit,
					      struct lg_template_label *label, u32 class_)
{
	u64 number;
	u32 size;

#pragma unroll
	for (int i = 0; i < LG_TEMPLATE_WORDS; i++) {
		const volatile struct lg_place *place = &hit->side->labels[i];

		switch (place->from) {
		case LG_FROM_NOWHERE:
			break;
		case LG_FROM_TEXT:
		case LG_FROM_TEXT_AT:
		case LG_FROM_TEXT_AFTER:
			size = place->size;
			if (size && size <= 4u * (LG_TEMPLATE_WORDS - i))
				bpf_probe_read_kernel_str(
					&label->word[i], size,
					hit->ctx + lg_template_text(hit->ctx, place));
			break;
		case LG_FROM_COMMAND:
			if (i + LG_COMM_LEN / 4 <= LG_TEMPLATE_WORDS)
				bpf_get_current_comm(&label->word[i], LG_COMM_LEN);
			break;
		case LG_FROM_CLASS_OF_TASK:
			label->word[i] = class_;
			break;
		default:
			number = lg_template_number(hit, place);
			label->word[i] = number;
			if (place->size == 8 && i + 1 < LG_TEMPLATE_WORDS)
				label->word[i + 1] = number >> 32;
		}
	}
}

#define LG_TEMPLATE_PROGRAM(section, name, call)                                                   \
	SEC(section)                                                                               \
	int name(void *ctx)                                                                        \
	{                                                                                          \
		return LG_NESTED(call);                                                            \
	}

/* 79 characters, as long as the longest name that is written there; none is a part of another. */
#define LG_ROOM_OF_START                                                                           \
	"lg_start_______________________________________________________________________"
#define LG_ROOM_OF_END                                                                             \
	"lg_end_________________________________________________________________________"

#endif
