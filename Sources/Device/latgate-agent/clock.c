/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include "clock.h"

enum { READINGS = 5 };

/*
 * The two clocks cannot be read at once. Each reading of BOOTTIME lies between
 * two of MONOTONIC; the narrowest bracket has the smallest error. Without any
 * suspend the result is 0 rather than the cost of a clock reading.
 */
lg_u64 lg_boot_offset_ns(void)
{
	lg_u64 narrowest = ~0ULL, offset = 0;

	for (int i = 0; i < READINGS; i++) {
		lg_u64 before = lg_monotonic_ns();
		lg_u64 boot = lg_clock_ns(CLOCK_BOOTTIME);
		lg_u64 after = lg_monotonic_ns();

		if (after - before >= narrowest)
			continue;
		narrowest = after - before;
		offset = boot > after ? boot - after : 0;
	}
	return offset;
}
