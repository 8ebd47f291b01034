/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The histograms of a metric, by key. */
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
	struct lg_hist_sum **hists;
	size_t count, room, limit;
};

void lg_labels_init(struct lg_labels *labels, size_t limit);
void lg_labels_free(struct lg_labels *labels);
/* The histogram of a key, made when new; NULL at the limit or without memory. */
struct lg_hist_sum *lg_labels_hist(struct lg_labels *labels, const struct lg_label_key *key);
/* Adds one value in ns. True when it was clamped to LG_HIST_MAX_VALUE. */
bool lg_hist_sum_add(struct lg_hist_sum *hist, lg_u64 value);

#endif
