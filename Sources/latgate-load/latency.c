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

/* The inverse of lg_bucket(): a bucket holds [edge, edge + 2^shift). */
static lg_u64 lower_edge(lg_u32 index, lg_u32 *shift)
{
	*shift = index >> LG_HIST_SUB_BITS;
	*shift = *shift ? *shift - 1 : 0;
	return (lg_u64)(index - (*shift << LG_HIST_SUB_BITS)) << *shift;
}

lg_u64 lg_latency_quantile(const struct lg_hist *hist, unsigned per_mille)
{
	double rank = (double)hist->count * per_mille / 1000, before = 0;

	for (lg_u32 i = 0; i < LG_HIST_BUCKETS && hist->count; i++) {
		lg_u32 shift;
		lg_u64 value;

		if (!hist->buckets[i] || before + hist->buckets[i] < rank) {
			before += hist->buckets[i];
			continue;
		}
		value = lower_edge(i, &shift);
		value += (lg_u64)((rank - before) / hist->buckets[i] * (double)(1ULL << shift));
		return value < hist->max ? value : hist->max;
	}
	return hist->max;
}
