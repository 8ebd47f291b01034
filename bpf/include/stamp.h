/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Start and end of an operation, by the rules of the window. A stamp may live
 * in task storage or in a hash map; both give the same counts.
 *
 * The LG_MUTATE_* macros each take one rule away. Only tests define them, to
 * show that the rule matters.
 */
#ifndef LATGATE_STAMP_H
#define LATGATE_STAMP_H

/* A judged operation on its way into a histogram. */
struct lg_span {
	lg_u64 duration_ns;
	lg_u64 start_offset_ns; /* from lg_window_opened_ns */
	lg_u32 class_;
};

static __always_inline bool lg_stamp_current(const struct lg_stamp *stamp, lg_u32 word)
{
#ifdef LG_MUTATE_EPOCH
	return stamp->word;
#else
	return lg_window_epoch(stamp->word) == lg_window_epoch(word);
#endif
}

/* True while an operation of this epoch is under way; stamp NULL: none is. */
static __always_inline bool lg_in_flight(const struct lg_stamp *stamp, lg_u32 word)
{
	return stamp && stamp->word && lg_stamp_current(stamp, word);
}

/* True for a stamp of any epoch; NULL is none. */
static __always_inline bool lg_stamped(const struct lg_stamp *stamp)
{
	return stamp && stamp->word;
}

/* Class under which a stamp was made; lg_class_cached() keeps the epoch above it. */
static __always_inline lg_u32 lg_stamp_class(const struct lg_stamp *stamp)
{
	return lg_window_phase(stamp->class_);
}

/* True for a judged operation still in flight. */
static __always_inline bool lg_stamp_judged(const struct lg_stamp *stamp, lg_u32 word)
{
	return lg_stamp_current(stamp, word) && lg_judged(stamp->word) &&
	       lg_class_measured(lg_stamp_class(stamp));
}

/* A judged start that can have no end; keeps the balance of the counters. */
static __always_inline void lg_cancel(struct lg_stamp *stamp, lg_u32 word, struct lg_counters *c)
{
	if (c && lg_stamp_judged(stamp, word)) {
		c->cancelled++;
		c->end_offset_sum += stamp->start_ns - lg_window_opened_ns;
	}
	stamp->word = 0;
}

/*
 * Stamps a start. class_ is LG_CLASS_*; a stamp kept by lg_class_cached()
 * holds it already, with the epoch, and is left as it is.
 */
static __always_inline void lg_start(struct lg_stamp *stamp, lg_u32 word, lg_u64 now, lg_u32 class_,
				     struct lg_counters *c)
{
	if (!c)
		return;
#ifndef LG_MUTATE_OVERWRITE
	if (stamp->word && !lg_stamp_current(stamp, word)) {
		c->stale++;
	} else if (stamp->word && lg_stamp_judged(stamp, word)) {
		c->overwritten++;
		c->end_offset_sum += stamp->start_ns - lg_window_opened_ns;
	}
#endif
	if (lg_judged(word)) {
		if (lg_class_measured(class_)) {
			c->started++;
			c->start_offset_sum += now - lg_window_opened_ns;
		} else {
			c->excluded++;
		}
	}
	if (lg_stamp_class(stamp) != class_)
		stamp->class_ = class_;
	stamp->start_ns = now;
	stamp->word = word;
}

/*
 * Ends the operation of a stamp (NULL: none was found) and clears it. True
 * when it belongs into a histogram: then lg_record() must follow.
 */
static __always_inline bool lg_end(struct lg_stamp *stamp, lg_u32 word, lg_u64 now,
				   struct lg_counters *c, struct lg_span *span)
{
	lg_u32 start_state;

	if (!stamp || !stamp->word) {
		/* While arming, operations from before it end: they are not judged. */
		if (lg_window_state(word) != LG_WINDOW_ARMED)
			c->no_start++;
		return false;
	}
	start_state = lg_window_state(stamp->word);
	if (!lg_stamp_current(stamp, word)) {
		stamp->word = 0;
		c->stale++;
		return false;
	}
	stamp->word = 0;
	span->class_ = lg_stamp_class(stamp);
	if (!lg_class_measured(span->class_))
		return false;
#ifdef LG_MUTATE_PHASE_OF_START
	start_state = lg_window_state(word);
#endif
	if (start_state == LG_WINDOW_ARMED) {
		c->before_window++;
		return false;
	}
	if (start_state == LG_WINDOW_DRAIN) {
		c->after_window++;
		return false;
	}
	span->start_offset_ns = stamp->start_ns - lg_window_opened_ns;
	span->duration_ns = now - stamp->start_ns;
	if ((s64)span->duration_ns < 0) {
		c->negative++;
		c->cancelled++;
		c->end_offset_sum += span->start_offset_ns;
		return false;
	}
	return true;
}

/* Records a span that lg_end() gave; hist NULL: its label found no room. */
static __always_inline void lg_record(struct lg_hist *hist, const struct lg_span *span,
				      struct lg_counters *c)
{
	c->end_offset_sum += span->start_offset_ns;
	if (!hist) {
		c->map_full++;
		c->cancelled++;
		return;
	}
	c->recorded++;
	if (lg_hist_add(hist, span->duration_ns))
		c->clamped++;
}

/*
 * In place of lg_record() when the operation turns out to be the agent's own
 * only at its end: excluded, and cancelled for the balance.
 */
static __always_inline void lg_exclude(const struct lg_span *span, struct lg_counters *c)
{
	c->excluded++;
	c->cancelled++;
	c->end_offset_sum += span->start_offset_ns;
}

/*
 * A start under a key of a hash map of stamps: `map` has struct lg_stamp as
 * its value. lg_end_key() below is its end.
 */
static __always_inline void lg_start_key(void *map, const void *key, lg_u32 word, lg_u64 now,
					 lg_u32 class_, struct lg_counters *c)
{
	struct lg_stamp *stamp = bpf_map_lookup_elem(map, key);
	struct lg_stamp fresh = {};

	if (!c)
		return;
	if (!stamp) {
		if (bpf_map_update_elem(map, key, &fresh, BPF_NOEXIST)) {
			if (lg_judged(word))
				c->map_full++;
			return;
		}
		stamp = bpf_map_lookup_elem(map, key);
		if (!stamp)
			return;
	}
	lg_start(stamp, word, now, class_, c);
}

/* As lg_end(), and the key is removed. */
static __always_inline bool lg_end_key(void *map, const void *key, lg_u32 word, lg_u64 now,
				       struct lg_counters *c, struct lg_span *span)
{
	struct lg_stamp *stamp = bpf_map_lookup_elem(map, key);
	bool judged;

	if (!c)
		return false;
	judged = lg_end(stamp, word, now, c, span);
	if (stamp)
		bpf_map_delete_elem(map, key);
	return judged;
}

/* As lg_cancel(), and the key is removed. */
static __always_inline void lg_cancel_key(void *map, const void *key, lg_u32 word,
					  struct lg_counters *c)
{
	struct lg_stamp *stamp = bpf_map_lookup_elem(map, key);

	if (!stamp)
		return;
	lg_cancel(stamp, word, c);
	bpf_map_delete_elem(map, key);
}

#endif
