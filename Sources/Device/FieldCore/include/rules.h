/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* When the field agent may do what. Arithmetic only: callers have the clocks. */
#ifndef LATGATE_FIELD_RULES_H
#define LATGATE_FIELD_RULES_H

#include "campaign.h"

/*
 * Probing ends by itself when polls fail: it needs a lease that a verified poll
 * gave, on CLOCK_BOOTTIME, so that neither suspend nor a set clock lengthens
 * it. There is none after a boot, nor after the agent began.
 */
struct lg_lease {
	uint64_t until_ns; /* CLOCK_BOOTTIME; 0 = none */
};

/* For the campaign's lease, and no longer than until two polls have been missed. */
void lg_lease_give(struct lg_lease *lease, uint64_t now_ns, uint64_t lease_s, uint64_t poll_s);
uint64_t lg_lease_left_ns(const struct lg_lease *lease, uint64_t now_ns);

/*
 * Seconds until the next try after `failures` in a row: full jitter over
 * first_s (30 s, or a shorter time between two polls), twice as much each
 * time, at most 6 h. `random` is any number; not before retry_after_s, of
 * which 24 h count.
 */
enum { LG_BACKOFF_FIRST_S = 30 };
uint64_t lg_backoff_s(uint64_t first_s, unsigned failures, uint64_t random, uint64_t retry_after_s);

/* Whole seconds from *counted_ns on, which it is moved by: the rest is counted the next time. */
uint64_t lg_whole_seconds(uint64_t *counted_ns, uint64_t now_ns);

/* What an answer to a report means for it. */
enum lg_fate {
	LG_FATE_STORED, /* delete it */
	LG_FATE_ENDED, /* delete it: nobody wants it any more */
	LG_FATE_REFUSED, /* set it aside: it is never taken */
	LG_FATE_LATER, /* keep it, and back off */
};
enum lg_fate lg_fate_of(int status);

/* Why no window opens. The numbers are those of reports that say so; 0 needs none. */
enum lg_reason {
	LG_MAY = 0,
	LG_NO_BUNDLE = 1,
	LG_NOT_SUPPORTED = 2,
	LG_OVER_CPU = 3,
	LG_OVER_MEMORY = 4,
	LG_OVER_UPLOAD = 5,
	LG_CRASHED = 6,
	LG_DISALLOWED = 7,
	LG_BUNDLE_UNUSABLE = 8,
	LG_REVOKED = 9,
	LG_LEASE_ENDED = 10,
	LG_INTERNAL = 11,
	LG_BATTERY_LOW = 12,
	/* Of the moment, and not reported: */
	LG_TOO_EARLY = 256, /* the device has not been up long enough, or the campaign not begun */
	LG_OVER = 257,
};

struct lg_condition_now {
	uint64_t now_s; /* Unix time, as far as known */
	uint64_t uptime_s;
	bool has_battery, charging;
	uint32_t battery_percent;
	uint64_t taken_s; /* how long this device has had the campaign */
};

enum { LG_SETTLE_S = 300 }; /* a device that has just booted is no measure of anything */

enum lg_reason lg_may_open(const struct lg_campaign *campaign, const struct lg_condition_now *now,
			   uint64_t settle_s);

/* A window's CPU and memory against the budgets: those of its processes, programs and maps. */
enum lg_reason lg_within_budget(const struct lg_campaign *campaign, uint64_t cpu_ms,
				uint64_t open_ms, uint64_t memory_bytes);

#endif
