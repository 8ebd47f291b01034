/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Clocks in ns. CLOCK_MONOTONIC is the probes' clock and stops in suspend. */
#ifndef LATGATE_AGENT_CLOCK_H
#define LATGATE_AGENT_CLOCK_H

#include <time.h>

#include "probe_abi.h"

#define LG_NS_PER_MS 1000000ULL
#define LG_NS_PER_S 1000000000ULL

static inline lg_u64 lg_clock_ns(clockid_t clock)
{
	struct timespec now = {0};

	clock_gettime(clock, &now);
	return (lg_u64)now.tv_sec * LG_NS_PER_S + (lg_u64)now.tv_nsec;
}

static inline lg_u64 lg_monotonic_ns(void)
{
	return lg_clock_ns(CLOCK_MONOTONIC);
}

static inline struct timespec lg_timespec(lg_u64 ns)
{
	return (struct timespec){.tv_sec = (time_t)(ns / LG_NS_PER_S),
				 .tv_nsec = (long)(ns % LG_NS_PER_S)};
}

/* CLOCK_BOOTTIME - CLOCK_MONOTONIC: the time spent in suspend. The closest of a few readings. */
lg_u64 lg_boot_offset_ns(void);

#endif
