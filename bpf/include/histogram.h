/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Histogram maps: declaration, lookup and recording. */
#ifndef LATGATE_HISTOGRAM_H
#define LATGATE_HISTOGRAM_H

struct lg_hist_slots {
	struct lg_hist level[LG_NEST_LEVELS];
};

/* A histogram per u32 in [0, n): cheaper than labels where the set is small and dense. */
#define LG_HIST_ARRAY(name, n)                                                                     \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);                                           \
		__uint(max_entries, n);                                                            \
		__type(key, lg_u32);                                                               \
		__type(value, struct lg_hist_slots);                                               \
	} name SEC(".maps")

/* A histogram per label, at most n labels; more are one, the key of others. Zero padding in the key. */
#define LG_HIST_LABELS(name, key_type, n)                                                          \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_PERCPU_HASH);                                            \
		__uint(max_entries, (n) + 1);                                                      \
		__type(key, key_type);                                                             \
		__type(value, struct lg_hist_slots);                                               \
	} name SEC(".maps")

/*
 * Beside labels of one u32 that is mostly a small number: an array for those below LG_LOW, which
 * costs no look-up in a table. The agent reads both. Its name is that of the labels' map and _low.
 */
#define LG_HIST_LOW(name) LG_HIST_ARRAY(name##_low, LG_LOW)

enum { LG_LOW = 128 };

static const struct lg_hist_slots lg_hist_zero;

/* The key of labels without room of their own, of any size. */
static const lg_u8 lg_others[LG_MAX_KEY] = {[0 ... LG_MAX_KEY - 1] = LG_OTHER};

/* The histogram of an index of an LG_HIST_ARRAY; NULL outside it. */
static __always_inline struct lg_hist *lg_hist_at(void *map, lg_u32 index)
{
	struct lg_hist_slots *slots = bpf_map_lookup_elem(map, &index);

	return slots ? &slots->level[lg_nest_level()] : NULL;
}

static __always_inline struct lg_hist_slots *lg_hist_slots_of(void *map, const void *key)
{
	struct lg_hist_slots *slots = bpf_map_lookup_elem(map, key);

	if (!slots) {
		bpf_map_update_elem(map, key, &lg_hist_zero, BPF_NOEXIST);
		slots = bpf_map_lookup_elem(map, key);
	}
	return slots ? slots : bpf_map_lookup_elem(map, lg_others);
}

/* The histogram of a label of an LG_HIST_LABELS, made when new, or that of others. */
static __always_inline struct lg_hist *lg_hist_of(void *map, const void *key)
{
	struct lg_hist_slots *slots = lg_hist_slots_of(map, key);

	return slots ? &slots->level[lg_nest_level()] : NULL;
}

/* The same on the `level` of LG_NESTED. */
static __always_inline struct lg_hist *lg_hist_on(void *map, const void *key, lg_u32 level)
{
	struct lg_hist_slots *slots = lg_hist_slots_of(map, key);

	return slots ? &slots->level[lg_level(level)] : NULL;
}

/* The same where an LG_HIST_LOW stands beside the map. */
#define lg_hist_of_low(map, key)                                                                   \
	({                                                                                         \
		lg_u32 low_ = *(const lg_u32 *)(key);                                              \
                                                                                                   \
		low_ < LG_LOW ? lg_hist_at(&map##_low, low_) : lg_hist_of(&map, key);              \
	})

/* Adds one value in ns. Returns true when it was clamped to LG_HIST_MAX_VALUE. */
static __always_inline bool lg_hist_add(struct lg_hist *hist, lg_u64 value)
{
	bool clamped = value > LG_HIST_MAX_VALUE;
	lg_u32 index;

	if (clamped)
		value = LG_HIST_MAX_VALUE;
	hist->count++;
	hist->sum += value;
	if (value > hist->max)
		hist->max = value;
	index = lg_bucket(value);
	/* Never taken; it shows the verifier what lg_bucket() guarantees. */
	if (index < LG_HIST_BUCKETS)
		hist->buckets[index]++;
	return clamped;
}

#endif
