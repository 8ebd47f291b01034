/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Start and end of an operation. Held against bpf/include/stamp.h by Tests/fold. */
#include "fold_internal.h"

static bool judged(const struct lg_stamp *stamp)
{
	return stamp->word == LG_WINDOW_OPEN && lg_class_measured(stamp->class_);
}

void lg_fold_cancel(struct lg_fold *fold, lg_u32 metric, struct lg_stamp *stamp)
{
	struct lg_counters *c = &fold->metrics[metric].counters;

	if (judged(stamp)) {
		c->cancelled++;
		c->end_offset_sum += stamp->start_ns - fold->open_ns;
	}
	stamp->word = 0;
}

void lg_fold_missed(struct lg_fold *fold, lg_u32 metric, struct lg_stamp *stamp)
{
	struct lg_counters *c = &fold->metrics[metric].counters;

	if (judged(stamp)) {
		c->overwritten++;
		c->end_offset_sum += stamp->start_ns - fold->open_ns;
	}
	stamp->word = 0;
}

bool lg_fold_admit(struct lg_fold *fold, lg_u32 metric, lg_u32 class_)
{
	struct lg_counters *c = &fold->metrics[metric].counters;

	if (lg_class_measured(class_))
		c->started++;
	else if (class_ == LG_CLASS_UNKNOWN)
		c->map_full++; /* it may have been of the scope: a loss */
	else
		c->excluded++;
	return lg_class_measured(class_);
}

void lg_fold_start(struct lg_fold *fold, lg_u32 metric, struct lg_stamp *stamp, lg_u32 state,
		   lg_u64 ns, lg_u32 class_)
{
	struct lg_counters *c = &fold->metrics[metric].counters;

	lg_fold_missed(fold, metric, stamp);
	if (state == LG_WINDOW_OPEN && lg_fold_admit(fold, metric, class_))
		c->start_offset_sum += ns - fold->open_ns;
	stamp->class_ = class_;
	stamp->start_ns = ns;
	stamp->word = state;
}

bool lg_fold_end(struct lg_fold *fold, lg_u32 metric, struct lg_stamp *stamp, lg_u32 state,
		 lg_u64 ns, struct lg_fold_span *span)
{
	struct lg_counters *c = &fold->metrics[metric].counters;
	lg_u32 start_state;

	if (!stamp || !stamp->word) {
		/* While arming, operations from before it end: they are not judged. */
		if (state != LG_WINDOW_ARMED)
			c->no_start++;
		return false;
	}
	start_state = stamp->word;
	stamp->word = 0;
	if (!lg_class_measured(stamp->class_))
		return false;
	if (start_state == LG_WINDOW_ARMED) {
		c->before_window++;
		return false;
	}
	if (start_state == LG_WINDOW_DRAIN) {
		c->after_window++;
		return false;
	}
	span->class_ = stamp->class_;
	span->start_offset_ns = stamp->start_ns - fold->open_ns;
	if (ns < stamp->start_ns) {
		c->negative++;
		c->cancelled++;
		c->end_offset_sum += span->start_offset_ns;
		return false;
	}
	span->duration_ns = ns - stamp->start_ns;
	return true;
}

void lg_fold_record_at(struct lg_fold *fold, lg_u32 metric, const struct lg_label_key *key,
		       const struct lg_fold_span *span)
{
	struct lg_folded *folded = &fold->metrics[metric];
	struct lg_hist_sum *hist = lg_labels_value(&folded->labels, key);

	folded->counters.end_offset_sum += span->start_offset_ns;
	if (!hist) {
		folded->counters.map_full++;
		folded->counters.cancelled++;
		return;
	}
	folded->counters.recorded++;
	if (lg_hist_sum_add(hist, span->duration_ns))
		folded->counters.clamped++;
}

void lg_fold_exclude(struct lg_fold *fold, lg_u32 metric, const struct lg_fold_span *span)
{
	struct lg_counters *c = &fold->metrics[metric].counters;

	c->excluded++;
	c->cancelled++;
	c->end_offset_sum += span->start_offset_ns;
}

/* slot NULL: there was no room. */
static struct lg_slot *start(struct lg_fold *fold, lg_u32 metric, struct lg_slot *slot,
			     lg_u32 state, lg_u64 ns, lg_u32 class_)
{
	if (!slot) {
		if (state == LG_WINDOW_OPEN)
			fold->metrics[metric].counters.map_full++;
		return NULL;
	}
	lg_fold_start(fold, metric, &slot->stamp, state, ns, class_);
	return slot;
}

static bool end(struct lg_fold *fold, lg_u32 metric, struct lg_slot *slot, lg_u32 state, lg_u64 ns,
		struct lg_fold_span *span)
{
	bool is_judged = lg_fold_end(fold, metric, slot ? &slot->stamp : NULL, state, ns, span);

	if (slot)
		lg_table_remove(&fold->metrics[metric].stamps, slot);
	return is_judged;
}

struct lg_slot *lg_fold_start_key(struct lg_fold *fold, lg_u32 metric, lg_u64 high, lg_u64 low,
				  lg_u32 state, lg_u64 ns, lg_u32 class_)
{
	return start(fold, metric, lg_table_make(&fold->metrics[metric].stamps, high, low), state,
		     ns, class_);
}

bool lg_fold_end_key(struct lg_fold *fold, lg_u32 metric, lg_u64 high, lg_u64 low, lg_u32 state,
		     lg_u64 ns, struct lg_fold_span *span)
{
	return end(fold, metric, lg_table_find(&fold->metrics[metric].stamps, high, low), state, ns,
		   span);
}

struct lg_slot *lg_fold_start_at(struct lg_fold *fold, lg_u32 metric, const struct lg_key *key,
				 lg_u32 state, lg_u64 ns, lg_u32 class_)
{
	return start(fold, metric, lg_table_make_key(&fold->metrics[metric].stamps, key), state, ns,
		     class_);
}

bool lg_fold_end_at(struct lg_fold *fold, lg_u32 metric, const struct lg_key *key, lg_u32 state,
		    lg_u64 ns, struct lg_fold_span *span)
{
	return end(fold, metric, lg_table_find_key(&fold->metrics[metric].stamps, key), state, ns,
		   span);
}

void lg_fold_cancel_key(struct lg_fold *fold, lg_u32 metric, lg_u64 high, lg_u64 low)
{
	struct lg_table *stamps = &fold->metrics[metric].stamps;
	struct lg_slot *slot = lg_table_find(stamps, high, low);

	if (!slot)
		return;
	lg_fold_cancel(fold, metric, &slot->stamp);
	lg_table_remove(stamps, slot);
}
