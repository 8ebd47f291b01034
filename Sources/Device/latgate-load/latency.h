/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Latencies in the probes' own histogram layout, in ns. */
#ifndef LATGATE_LOAD_LATENCY_H
#define LATGATE_LOAD_LATENCY_H

#include "probe_abi.h"

void lg_latency_record(struct lg_hist *hist, lg_u64 ns);
void lg_latency_merge(struct lg_hist *into, const struct lg_hist *from);
/* Interpolated inside the bucket, never above the maximum; per mille in 1-1000. 0 when empty. */
lg_u64 lg_latency_quantile(const struct lg_hist *hist, unsigned per_mille);

#endif
