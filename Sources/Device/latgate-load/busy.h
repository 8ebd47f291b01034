/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#ifndef LATGATE_LOAD_BUSY_H
#define LATGATE_LOAD_BUSY_H

#include "probe_abi.h"

/* Work that no compiler removes: its amount is iterations, not time. */
static inline void lg_busy(lg_u64 iterations)
{
	while (iterations--)
		__asm__ volatile("" : "+r"(iterations));
}

#endif
