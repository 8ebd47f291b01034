/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "engine_internal.h"

int lg_counters_sum(const struct lg_probe *probe, lg_u32 index, int possible_cpus,
		    struct lg_counters *sum)
{
	/* The kernel rounds per-CPU values up to 8 bytes; counters are whole u64s. */
	size_t count = (size_t)possible_cpus * probe->counters->value_size / sizeof(*sum);
	struct lg_counters *all = calloc(count, sizeof(*all));
	const lg_u64 *from;
	lg_u64 *to = (lg_u64 *)sum;

	memset(sum, 0, sizeof(*sum));
	if (!all)
		return -ENOMEM;
	if (bpf_map_lookup_elem(probe->counters->fd, &index, all)) {
		int err = -errno;

		free(all);
		return err;
	}
	for (size_t i = 0; i < count; i++) {
		from = (const lg_u64 *)&all[i];
		for (size_t field = 0; field < sizeof(*sum) / sizeof(lg_u64); field++)
			to[field] += from[field];
	}
	free(all);
	return 0;
}

long long lg_counters_in_flight(const struct lg_counters *sum)
{
	return (long long)(sum->started - sum->recorded - sum->overwritten - sum->cancelled);
}
