/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * A span whose events, fields and tests are known when it is loaded only: the
 * programs behind span_template.h, from one trace event to another or from
 * entry to return of a function, of the kernel or of a process.
 *
 * Sections and names of programs are room for others, written over in the
 * object: what a program is handed is read at the places of the configuration
 * alone. The numbers in .rodata are constants to the verifier, which removes
 * what the configuration does not use.
 */
#ifndef LATGATE_SPAN_PROGRAMS_H
#define LATGATE_SPAN_PROGRAMS_H

/* A completion may interrupt a start of the same metric. */
#define LG_NEST_LEVELS 4
#include "probe.h"
#include "template.h"

const volatile struct lg_template lg_template;

struct lg_template_key {
	u64 tied[LG_TEMPLATE_TIED];
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

static __always_inline u64 lg_template_depth(const void *ctx, const volatile struct lg_place *place)
{
	u64 routine = 0, pointer = 0, end = 0;

	bpf_probe_read_kernel(&pointer, 8, ctx + place->offset);
	bpf_probe_read_kernel(&routine, 8, ctx + place->size);
	bpf_probe_read_user(&end, 8, (const void *)(routine + 8));
	return end - pointer;
}

static __always_inline void lg_template_operation(const struct lg_template_hit *hit,
						  struct lg_template_key *key)
{
	const volatile struct lg_side *side = hit->side;

#pragma unroll
	for (int i = 0; i < LG_TEMPLATE_TIED; i++)
		key->tied[i] = side->tied[i].from == LG_FROM_DEPTH
				       ? lg_template_depth(hit->ctx, &side->tied[i])
				       : lg_template_number(hit, &side->tied[i]);
}

static __always_inline void lg_template_begins(const void *ctx, u32 word)
{
	struct lg_template_hit hit = lg_template_hit(ctx, &lg_template.from);
	u32 class_ = lg_template.by_class ? lg_class_current() : LG_CLASS_KERNEL;
	struct lg_counters *c = lg_metric(0);
	struct lg_template_start fresh = {}, *start;
	struct lg_template_key key = {};

	if (!c || !lg_template_fits(&hit))
		return;
	lg_template_operation(&hit, &key);
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
	lg_template_words(&hit, &start->label, class_);
	lg_start(&start->stamp, word, bpf_ktime_get_ns(), class_, c);
}

static __always_inline void lg_template_ends(const void *ctx, u32 word)
{
	u64 now = bpf_ktime_get_ns();
	struct lg_template_hit hit = lg_template_hit(ctx, &lg_template.to);
	struct lg_template_label label = {};
	struct lg_counters *c = lg_metric(0);
	struct lg_template_start *start;
	struct lg_template_key key = {};
	struct lg_span span;
	bool judged;

	if (!c)
		return;
	lg_template_operation(&hit, &key);
	start = bpf_map_lookup_elem(&s_span, &key);
	if (!start) {
		if (!lg_template.unmatched_ignored && lg_template_fits(&hit) &&
		    lg_window_state(word) != LG_WINDOW_ARMED)
			c->no_start++;
		return;
	}
	label = start->label;
	if (!lg_template_fits(&hit)) {
		/* An end of another kind than is asked for. */
		lg_cancel(&start->stamp, word, c);
		bpf_map_delete_elem(&s_span, &key);
		return;
	}
	judged = lg_end(&start->stamp, word, now, c, &span);
	bpf_map_delete_elem(&s_span, &key);
	if (!judged)
		return;
	lg_template_words(&hit, &label, span.class_);
	lg_record(lg_hist_of(&h_span, &label), &span, c);
}

LG_TEMPLATE_PROGRAM("tracepoint/none/" LG_ROOM_OF_START,
		    lg_hook_of_start___________________________________________tracepoint,
		    lg_template_begins(ctx, word))
LG_TEMPLATE_PROGRAM("tracepoint/none/" LG_ROOM_OF_END,
		    lg_hook_of_end_____________________________________________tracepoint,
		    lg_template_ends(ctx, word))

#endif
