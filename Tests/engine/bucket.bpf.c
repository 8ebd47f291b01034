// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* The bucket of a value given as the first word of the context. */
#include "probe.h"

SEC("raw_tp/sched_switch")
int bucket__raw_tp(u64 *ctx)
{
	return lg_bucket(*ctx);
}
