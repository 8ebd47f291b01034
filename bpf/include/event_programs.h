/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Single events whose place, fields and tests are known when they are loaded
 * only: the program behind struct lg_event_template (span_template.h). One of
 * LG_EVENT_VALUES (histograms), LG_EVENT_COUNTS, LG_EVENT_ROWS and
 * LG_EVENT_STACKS says what is made of them.
 *
 * The program serves a trace event, the entry and the return of a function: its
 * section and name are room for others, and what it is handed is read at the
 * places of the configuration alone.
 */
#ifndef LATGATE_EVENT_PROGRAMS_H
#define LATGATE_EVENT_PROGRAMS_H

/* Any context may interrupt an event of another. */
#define LG_NEST_LEVELS 4
#ifdef LG_EVENT_ROWS
#define LG_ROWS
#endif
#include "probe.h"
#include "template.h"

const volatile struct lg_event_template lg_template;

#if defined(LG_EVENT_VALUES)
LG_HIST_LABELS(h_event, struct lg_template_label, 512);
#elif defined(LG_EVENT_COUNTS)
LG_COUNT_LABELS(c_event, struct lg_template_label, 4096);
#elif defined(LG_EVENT_ROWS)
struct lg_template_row {
	u64 time_ns;
	char data[LG_TEMPLATE_ROW];
};

LG_ROW_ARRAY(e_event, struct lg_template_row, LG_TEMPLATE_ROWS);
#else
struct lg_template_stack {
	struct lg_stack_ids ids;
	struct lg_template_label label;
};

LG_COUNT_LABELS(k_event, struct lg_template_stack, 4096);
LG_KERNEL_TRACES(t_event_kernel, 4096);
LG_USER_TRACES(t_event_user, 4096);

/* What the helper gives where there is no stack of a side: so it is none that was lost. */
enum { LG_NO_STACK = -14 };
#endif

#ifdef LG_EVENT_ROWS
static __always_inline void lg_template_columns(const struct lg_template_hit *hit,
						struct lg_template_row *row, u32 class_)
{
	u32 at = 0;

#pragma unroll
	for (int i = 0; i < LG_TEMPLATE_COLUMNS; i++) {
		const volatile struct lg_place *place = &lg_template.columns[i];
		u32 from = place->from, size = sizeof(u64);
		char *data;

		if (from == LG_FROM_NOWHERE)
			return;
		if (from == LG_FROM_TEXT || from == LG_FROM_TEXT_AT || from == LG_FROM_TEXT_AFTER)
			size = LG_NAME_LEN;
		else if (from == LG_FROM_COMMAND)
			size = LG_COMM_LEN;
		if (at > LG_TEMPLATE_ROW - size)
			return;
		data = row->data + at;
		at += size;
		if (size == LG_NAME_LEN) {
			u32 room = place->size;

			__builtin_memset(data, 0, LG_NAME_LEN);
			if (room && room <= LG_NAME_LEN)
				bpf_probe_read_kernel_str(
					data, room, hit->ctx + lg_template_text(hit->ctx, place));
		} else if (size == LG_COMM_LEN) {
			bpf_get_current_comm(data, LG_COMM_LEN);
		} else if (from == LG_FROM_CLASS_OF_TASK) {
			*(u64 *)data = class_;
		} else {
			*(u64 *)data = lg_template_number(hit, place);
		}
	}
}
#endif

static __always_inline void lg_template_happens(void *ctx, u32 word)
{
	struct lg_template_hit hit = lg_template_hit(ctx, &lg_template.at);
	struct lg_counters *c = lg_metric(0);
	u32 class_ = LG_CLASS_KERNEL;

	if (!lg_template_fits(&hit))
		return;
	if (lg_template.by_class)
		class_ = lg_class_current();
	if (!lg_happens(word, class_, c))
		return;
	{
#if defined(LG_EVENT_ROWS)
		struct lg_template_row *row = lg_record_row(&e_event, 0, c);

		if (!row)
			return;
		row->time_ns = bpf_ktime_get_ns() - lg_window_opened_ns;
		lg_template_columns(&hit, row, class_);
#elif defined(LG_EVENT_STACKS)
		struct lg_template_stack key = {.ids = {LG_NO_STACK, LG_NO_STACK}};

		lg_template_words(&hit, &key.label, class_);
		if (lg_template.stack & LG_STACK_KERNEL)
			key.ids.kernel = bpf_get_stackid(ctx, &t_event_kernel, 0);
		if (lg_template.stack & LG_STACK_USER)
			key.ids.user = bpf_get_stackid(ctx, &t_event_user, BPF_F_USER_STACK);
		lg_record_count(lg_count_of(&k_event, &key), 1, c);
#else
		bool any = lg_template.value.from != LG_FROM_NOWHERE;
		u64 value = any ? lg_template_number(&hit, &lg_template.value) : 1;
		struct lg_template_label label = {};

		lg_template_words(&hit, &label, class_);
#ifdef LG_EVENT_COUNTS
		/* What is below 0 is no part of a sum. */
		if (lg_template_signed(&lg_template.value) && (s64)value < 0) {
			c->negative++;
			c->cancelled++;
			return;
		}
		lg_record_count(lg_count_of(&c_event, &label), value, c);
#else
		lg_record_value(lg_hist_of(&h_event, &label), value, c);
#endif
#endif
	}
}

LG_TEMPLATE_PROGRAM("tracepoint/none/" LG_ROOM_OF_START,
		    lg_hook_of_start___________________________________________tracepoint,
		    lg_template_happens(ctx, word))

#endif
