/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What the maps take that were made here. */
#include <stdio.h>

#include "engine_internal.h"
#include "map_bytes.h"
#include "proc.h"

/*
 * What the kernel says of a map. It counts in ways of its own, by release: reserved pages, the size
 * of all entries, or what is in use. Where it says nothing (0), the map's shape has to do.
 */
static lg_u64 said_bytes(int fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	return lg_proc_number(path, "memlock");
}

static lg_u64 map_bytes(const struct lg_map *map, int possible_cpus)
{
	const struct lg_map_shape shape = {map->type, map->key_size, map->value_size,
					   map->max_entries};
	lg_u64 said = said_bytes(map->fd);

	return said ? said : lg_map_bytes(&shape, (lg_u32)possible_cpus);
}

lg_u64 lg_engine_map_bytes(const struct lg_engine *engine)
{
	lg_u64 sum = 0;

	for (const struct lg_probe *probe = engine->probes; probe; probe = probe->next) {
		/* What the firmware pinned is there with or without an agent. */
		for (size_t i = 0; probe->object && i < probe->map_count; i++) {
			if (probe->maps[i].fd >= 0)
				sum = lg_add_bytes(
					sum, map_bytes(&probe->maps[i], engine->possible_cpus));
		}
	}
	return sum;
}
