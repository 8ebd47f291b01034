/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* High-resolution timers of the kernel; see kernel_types.h. */
#ifndef LATGATE_KERNEL_TIMER_H
#define LATGATE_KERNEL_TIMER_H

#include "kernel_types.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct hrtimer_clock_base {
	int clockid; /* CLOCK_* */
};

struct timerqueue_node {
	s64 expires;
};

struct hrtimer {
	struct timerqueue_node node;
	s64 _softexpires;
	struct hrtimer_clock_base *base;
	u8 is_soft; /* its handler runs in a softirq */
};

#pragma clang attribute pop

#endif
