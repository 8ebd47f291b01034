/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Quantiles against values that are known. Prints one line per check. */
#include <stdbool.h>
#include <stdio.h>

#include "latency.h"

static void check(const char *name, bool good)
{
	printf("%s latency: %s\n", good ? "ok" : "FAILED", name);
}

/* Every value must come back within its bucket's width, 1/16 of it. */
static bool returns_each(void)
{
	for (lg_u64 v = 1; v <= LG_HIST_MAX_VALUE; v += v / 7 + 1) {
		struct lg_hist hist = {0};
		lg_u64 got;

		lg_latency_record(&hist, v);
		lg_latency_record(&hist, LG_HIST_MAX_VALUE);
		got = lg_latency_quantile(&hist, 250);
		if (got > v + v / 16 || got + v / 16 < v)
			return false;
	}
	return true;
}

int main(void)
{
	struct lg_hist hist = {0}, twice = {0};
	lg_u64 p50, p99;

	check("empty", lg_latency_quantile(&hist, 500) == 0);
	for (lg_u64 v = 1; v <= 100000; v++)
		lg_latency_record(&hist, v);
	p50 = lg_latency_quantile(&hist, 500);
	p99 = lg_latency_quantile(&hist, 990);
	check("p50 of 1..100000 is interpolated", p50 > 49990 && p50 < 50010);
	check("p99 of 1..100000 is interpolated", p99 > 98900 && p99 < 99100);
	check("the maximum is exact", lg_latency_quantile(&hist, 1000) == 100000);
	check("sum and count", hist.sum == 5000050000 && hist.count == 100000);
	lg_latency_merge(&twice, &hist);
	lg_latency_merge(&twice, &hist);
	check("merging keeps quantiles", lg_latency_quantile(&twice, 500) == p50 &&
						 twice.count == 200000 && twice.max == 100000);
	lg_latency_record(&hist, 1ULL << 40);
	check("a longer value is clamped", hist.max == LG_HIST_MAX_VALUE);
	check("each value within 1/16", returns_each());
	return 0;
}
