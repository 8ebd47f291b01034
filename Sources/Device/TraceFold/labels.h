/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What a metric gives, by key: histograms or counts. */
#ifndef LATGATE_TRACE_LABELS_H
#define LATGATE_TRACE_LABELS_H

#include <stdbool.h>
#include <stddef.h>

#include "probe_abi.h"

/* A key's bytes as little-endian numbers; 0 behind its end. */
struct lg_label_key {
	lg_u64 words[3];
};

struct lg_labels {
	struct lg_label_key *keys;
	void **values;
	size_t value_size; /* bytes */
	size_t count, room, limit;
};

void lg_labels_init(struct lg_labels *labels, size_t limit, size_t value_size);
void lg_labels_free(struct lg_labels *labels);
/* The value of a key, zero when new; that of LG_OTHER at the limit. NULL without memory. */
void *lg_labels_value(struct lg_labels *labels, const struct lg_label_key *key);
/* Adds one value. True when it was clamped to LG_HIST_MAX_VALUE. */
bool lg_hist_sum_add(struct lg_hist_sum *hist, lg_u64 value);

#endif
