/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "labels.h"

void lg_labels_init(struct lg_labels *labels, size_t limit)
{
	memset(labels, 0, sizeof(*labels));
	labels->limit = limit;
}

void lg_labels_free(struct lg_labels *labels)
{
	for (size_t i = 0; i < labels->count; i++)
		free(labels->hists[i]);
	free(labels->keys);
	free(labels->hists);
	lg_labels_init(labels, labels->limit);
}

static bool make_room(struct lg_labels *labels)
{
	size_t room = labels->room ? labels->room * 2 : 4;
	struct lg_label_key *keys;
	struct lg_hist_sum **hists;

	if (labels->count < labels->room)
		return true;
	keys = realloc(labels->keys, room * sizeof(*keys));
	if (!keys)
		return false;
	labels->keys = keys;
	hists = realloc(labels->hists, room * sizeof(*hists));
	if (!hists)
		return false;
	labels->hists = hists;
	labels->room = room;
	return true;
}

static bool same(const struct lg_label_key *a, const struct lg_label_key *b)
{
	return a->words[0] == b->words[0] && a->words[1] == b->words[1] &&
	       a->words[2] == b->words[2];
}

struct lg_hist_sum *lg_labels_hist(struct lg_labels *labels, const struct lg_label_key *key)
{
	struct lg_hist_sum *hist;

	for (size_t i = 0; i < labels->count; i++) {
		if (same(&labels->keys[i], key))
			return labels->hists[i];
	}
	if (labels->count >= labels->limit || !make_room(labels))
		return NULL;
	hist = calloc(1, sizeof(*hist));
	if (!hist)
		return NULL;
	labels->keys[labels->count] = *key;
	labels->hists[labels->count++] = hist;
	return hist;
}

bool lg_hist_sum_add(struct lg_hist_sum *hist, lg_u64 value)
{
	bool clamped = value > LG_HIST_MAX_VALUE;

	if (clamped)
		value = LG_HIST_MAX_VALUE;
	hist->count++;
	hist->sum += value;
	if (value > hist->max)
		hist->max = value;
	hist->buckets[lg_bucket(value)]++;
	return clamped;
}
