/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Single events, which end when they begin: values in histograms, counts, and
 * rows. Each judged one ends as recorded or cancelled.
 */
#ifndef LATGATE_EVENT_H
#define LATGATE_EVENT_H

struct lg_count_slots {
	struct lg_count level[LG_NEST_LEVELS];
};

/* A count per u32 in [0, n). */
#define LG_COUNT_ARRAY(name, n)                                                                    \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);                                           \
		__uint(max_entries, n);                                                            \
		__type(key, lg_u32);                                                               \
		__type(value, struct lg_count_slots);                                              \
	} name SEC(".maps")

/* A count per label, at most n labels; more are one, the key of others. Zero padding in the key. */
#define LG_COUNT_LABELS(name, key_type, n)                                                         \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_PERCPU_HASH);                                            \
		__uint(max_entries, (n) + 1);                                                      \
		__type(key, key_type);                                                             \
		__type(value, struct lg_count_slots);                                              \
	} name SEC(".maps")

/* The count of an index of an LG_COUNT_ARRAY; NULL outside it. */
static __always_inline struct lg_count *lg_count_at(void *map, lg_u32 index)
{
	struct lg_count_slots *slots = bpf_map_lookup_elem(map, &index);

	return slots ? &slots->level[lg_nest_level()] : NULL;
}

/* The count of a label of an LG_COUNT_LABELS, made when new, or that of others. */
static __always_inline struct lg_count *lg_count_of(void *map, const void *key)
{
	struct lg_count_slots *slots = bpf_map_lookup_elem(map, key);

	if (!slots) {
		struct lg_count_slots zero = {};

		bpf_map_update_elem(map, key, &zero, BPF_NOEXIST);
		slots = bpf_map_lookup_elem(map, key);
		if (!slots)
			slots = bpf_map_lookup_elem(map, lg_others);
	}
	return slots ? &slots->level[lg_nest_level()] : NULL;
}

/*
 * Whether an event counts; class_ is LG_CLASS_*. When it does, one of the
 * functions below must follow.
 */
static __always_inline bool lg_happens(lg_u32 word, lg_u32 class_, struct lg_counters *c)
{
	if (!c || !lg_judged(word))
		return false;
	if (!lg_class_measured(class_)) {
		c->excluded++;
		return false;
	}
	c->started++;
	return true;
}

/* hist NULL: its label found no room. */
static __always_inline void lg_record_value(struct lg_hist *hist, lg_u64 value,
					    struct lg_counters *c)
{
	if (!hist || (s64)value < 0) {
		if (hist)
			c->negative++;
		else
			c->map_full++;
		c->cancelled++;
		return;
	}
	c->recorded++;
	if (lg_hist_add(hist, value))
		c->clamped++;
}

/* count NULL: its label found no room. */
static __always_inline void lg_record_count(struct lg_count *count, lg_u64 value,
					    struct lg_counters *c)
{
	if (!count) {
		c->map_full++;
		c->cancelled++;
		return;
	}
	c->recorded++;
	count->count++;
	count->sum += value;
}

#ifdef LG_ROWS
/*
 * Rows of events: an array on each CPU, which is read when the window is
 * closed. Nobody reads along, so that nothing runs on the device for it, and a
 * row costs a look-up; every kernel has such maps. A row is a struct whose
 * first member is u64 time_ns, of 8-byte alignment and without gaps.
 */
#define LG_ROW_ARRAY(name, row_type, n)                                                            \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);                                           \
		__uint(max_entries, n);                                                            \
		__type(key, lg_u32);                                                               \
		__type(value, row_type);                                                           \
	} name SEC(".maps")

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, LG_METRICS);
	__type(key, lg_u32);
	__type(value, lg_u64);
} lg_rows SEC(".maps");

/*
 * Counts an event as recorded and gives its row to fill in, all of it; NULL
 * without room, when the event counts as dropped: it is recorded and has no
 * row. The same becomes of one that a nested program interrupts in here.
 */
static __always_inline void *lg_record_row(void *map, lg_u32 metric, struct lg_counters *c)
{
	lg_u64 *used = bpf_map_lookup_elem(&lg_rows, &metric);
	lg_u32 index;
	void *row;

	c->recorded++;
	if (!used)
		return NULL;
	index = *(volatile lg_u64 *)used;
	row = bpf_map_lookup_elem(map, &index);
	if (row)
		*(volatile lg_u64 *)used = index + 1;
	return row;
}

/* The same for a span that lg_end() gave; NULL also when it is shorter than `least`. */
static __always_inline void *lg_record_span_row(void *map, lg_u32 metric,
						const struct lg_span *span, lg_u64 least,
						struct lg_counters *c)
{
	c->end_offset_sum += span->start_offset_ns;
	if (span->duration_ns < least) {
		c->cancelled++;
		return NULL;
	}
	return lg_record_row(map, metric, c);
}
#endif

#endif
