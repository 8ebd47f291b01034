/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include "watchdog.h"

void lg_watchdog_set(struct lg_watchdog *watchdog, uint32_t silence_ms)
{
	if (!silence_ms)
		silence_ms = LG_WATCHDOG_DEFAULT_MS;
	watchdog->silence_ns = (uint64_t)silence_ms * 1000000;
}

void lg_watchdog_heard(struct lg_watchdog *watchdog, uint64_t now_ns)
{
	watchdog->heard_ns = now_ns;
}

uint64_t lg_watchdog_left_ns(const struct lg_watchdog *watchdog, uint64_t now_ns)
{
	uint64_t silent = now_ns > watchdog->heard_ns ? now_ns - watchdog->heard_ns : 0;

	return silent < watchdog->silence_ns ? watchdog->silence_ns - silent : 0;
}
