/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include "rules.h"

#define NS_PER_S 1000000000ULL

enum {
	BACKOFF_MOST_S = 6 * 3600,
	RETRY_AFTER_MOST_S = 24 * 3600,
	/* Starting to measure costs what a short window cannot make up for. */
	CPU_ALLOWANCE_MS = 2000,
};

void lg_lease_give(struct lg_lease *lease, uint64_t now_ns, uint64_t lease_s, uint64_t poll_s)
{
	uint64_t most_s = 2 * poll_s;

	lease->until_ns = now_ns + (lease_s < most_s ? lease_s : most_s) * NS_PER_S;
}

uint64_t lg_lease_left_ns(const struct lg_lease *lease, uint64_t now_ns)
{
	return lease->until_ns > now_ns ? lease->until_ns - now_ns : 0;
}

uint64_t lg_backoff_s(uint64_t first_s, unsigned failures, uint64_t random, uint64_t retry_after_s)
{
	uint64_t most = BACKOFF_MOST_S, wait;

	if (failures < 16 && (first_s << failures) < most)
		most = first_s << failures;
	wait = random % (most + 1);
	if (retry_after_s > RETRY_AFTER_MOST_S)
		retry_after_s = RETRY_AFTER_MOST_S;
	return wait > retry_after_s ? wait : retry_after_s;
}

uint64_t lg_whole_seconds(uint64_t *counted_ns, uint64_t now_ns)
{
	uint64_t passed_s = (now_ns - *counted_ns) / NS_PER_S;

	*counted_ns += passed_s * NS_PER_S;
	return passed_s;
}

enum lg_fate lg_fate_of(int status)
{
	switch (status) {
	case 200:
		return LG_FATE_STORED;
	case 410:
		return LG_FATE_ENDED;
	case 400:
	case 409:
	case 411:
	case 413:
	case 415:
	case 422:
		return LG_FATE_REFUSED;
	default:
		return LG_FATE_LATER;
	}
}

enum lg_reason lg_may_open(const struct lg_campaign *campaign, const struct lg_condition_now *now,
			   uint64_t settle_s)
{
	if (now->now_s >= campaign->ends_s || now->taken_s >= campaign->duration_s)
		return LG_OVER;
	if (now->now_s < campaign->starts_s || now->uptime_s < settle_s)
		return LG_TOO_EARLY;
	if (now->has_battery && !now->charging &&
	    now->battery_percent < campaign->battery_floor_percent)
		return LG_BATTERY_LOW;
	return LG_MAY;
}

enum lg_reason lg_within_budget(const struct lg_campaign *campaign, uint64_t cpu_ms,
				uint64_t open_ms, uint64_t memory_bytes)
{
	if (memory_bytes > campaign->memory_bytes)
		return LG_OVER_MEMORY;
	if (cpu_ms > CPU_ALLOWANCE_MS + open_ms * campaign->cpu_ppm / 1000000)
		return LG_OVER_CPU;
	return LG_MAY;
}
