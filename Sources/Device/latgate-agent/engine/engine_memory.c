/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What the maps take that were made here. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine_internal.h"
#include "map_bytes.h"

enum { INFO = 1024 };

/*
 * What the kernel says of a map. It counts in ways of its own, by release: reserved pages, the size
 * of all entries, or what is in use. Where it says nothing (0), the map's shape has to do.
 */
static lg_u64 said_bytes(int fd)
{
	static const char field[] = "\nmemlock:";
	char path[64], text[INFO];
	const char *at;
	ssize_t n;
	int info;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = open(path, O_RDONLY | O_CLOEXEC);
	n = info < 0 ? -1 : read(info, text, sizeof(text) - 1);
	if (info >= 0)
		close(info);
	if (n <= 0)
		return 0;
	text[n] = 0;
	at = strstr(text, field);
	return at ? strtoull(at + sizeof(field) - 1, NULL, 10) : 0;
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
