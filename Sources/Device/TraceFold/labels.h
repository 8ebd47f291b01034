/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The histograms of a metric, by key. */
#ifndef LATGATE_TRACE_LABELS_H
#define LATGATE_TRACE_LABELS_H

#include <stdbool.h>
#include <stddef.h>

#include "probe_abi.h"

struct lg_labels {
	lg_u64 *keys; /* the key's bytes as a little-endian number */
	struct lg_hist_sum **hists;
	size_t count, room, limit;
};

void lg_labels_init(struct lg_labels *labels, size_t limit);
void lg_labels_free(struct lg_labels *labels);
/* The histogram of a key, made when new; NULL at the limit or without memory. */
struct lg_hist_sum *lg_labels_hist(struct lg_labels *labels, lg_u64 key);
/* Adds one value in ns. True when it was clamped to LG_HIST_MAX_VALUE. */
bool lg_hist_sum_add(struct lg_hist_sum *hist, lg_u64 value);

#endif
