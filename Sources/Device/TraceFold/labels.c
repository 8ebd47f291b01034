/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "labels.h"

void lg_labels_init(struct lg_labels *labels, size_t limit, size_t value_size)
{
	memset(labels, 0, sizeof(*labels));
	labels->limit = limit;
	labels->value_size = value_size;
}

void lg_labels_free(struct lg_labels *labels)
{
	for (size_t i = 0; i < labels->count; i++)
		free(labels->values[i]);
	free(labels->keys);
	free(labels->values);
	lg_labels_init(labels, labels->limit, labels->value_size);
}

static bool make_room(struct lg_labels *labels)
{
	size_t room = labels->room ? labels->room * 2 : 4;
	struct lg_label_key *keys;
	void **values;

	if (labels->count < labels->room)
		return true;
	keys = realloc(labels->keys, room * sizeof(*keys));
	if (!keys)
		return false;
	labels->keys = keys;
	values = realloc(labels->values, room * sizeof(*values));
	if (!values)
		return false;
	labels->values = values;
	labels->room = room;
	return true;
}

static bool same(const struct lg_label_key *a, const struct lg_label_key *b)
{
	return a->words[0] == b->words[0] && a->words[1] == b->words[1] &&
	       a->words[2] == b->words[2];
}

static const struct lg_label_key others = {{~0ull, ~0ull, ~0ull}};

void *lg_labels_value(struct lg_labels *labels, const struct lg_label_key *key)
{
	void *value;

	for (size_t i = 0; i < labels->count; i++) {
		if (same(&labels->keys[i], key))
			return labels->values[i];
	}
	/* The key of others has room beyond the limit. */
	if (labels->count >= labels->limit && !same(key, &others))
		return lg_labels_value(labels, &others);
	if (!make_room(labels))
		return NULL;
	value = calloc(1, labels->value_size);
	if (!value)
		return NULL;
	labels->keys[labels->count] = *key;
	labels->values[labels->count++] = value;
	return value;
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
