/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include "latency.h"

void lg_latency_record(struct lg_hist *hist, lg_u64 ns)
{
	if (ns > LG_HIST_MAX_VALUE)
		ns = LG_HIST_MAX_VALUE;
	hist->buckets[lg_bucket(ns)]++;
	hist->count++;
	hist->sum += ns;
	if (ns > hist->max)
		hist->max = ns;
}

void lg_latency_merge(struct lg_hist *into, const struct lg_hist *from)
{
	for (lg_u32 i = 0; i < LG_HIST_BUCKETS; i++)
		into->buckets[i] += from->buckets[i];
	into->count += from->count;
	into->sum += from->sum;
	if (from->max > into->max)
		into->max = from->max;
}

/* The inverse of lg_bucket(): a bucket holds [edge, edge + width). */
static lg_u64 lower_edge(lg_u32 index, lg_u64 *width)
{
	lg_u32 octave = index >> LG_HIST_SUB_BITS, shift = octave ? octave - 1 : 0;

	*width = 1ULL << shift;
	return (lg_u64)(index - (shift << LG_HIST_SUB_BITS)) << shift;
}

lg_u64 lg_latency_quantile(const struct lg_hist *hist, unsigned per_mille)
{
	double rank = (double)hist->count * per_mille / 1000, before = 0;

	for (lg_u32 i = 0; i < LG_HIST_BUCKETS && hist->count; i++) {
		lg_u64 edge, width;

		if (!hist->buckets[i] || before + hist->buckets[i] < rank) {
			before += hist->buckets[i];
			continue;
		}
		edge = lower_edge(i, &width);
		/* Nothing in the last bucket is above the maximum. */
		if (edge + width > hist->max)
			width = hist->max - edge;
		return edge + (lg_u64)((rank - before) / hist->buckets[i] * (double)width);
	}
	return hist->max;
}
