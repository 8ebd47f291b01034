/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* A clean slate for an epoch, made while the window is closed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "engine_internal.h"

/* Every element of a per-CPU array. */
static int zero_array(const struct bpf_map *map, const void *zeroes)
{
	int fd = bpf_map__fd(map);

	for (lg_u32 index = 0; index < bpf_map__max_entries(map); index++) {
		if (bpf_map_update_elem(fd, &index, zeroes, BPF_ANY))
			return -errno;
	}
	return 0;
}

/*
 * Removes every entry, so that labels of another window take no room. Values
 * (where given) are zeroed first: before 5.10 the kernel did not clear the
 * other CPUs' values of an element that it used again.
 */
static int empty_hash(const struct bpf_map *map, const void *zeroes)
{
	unsigned char key[LG_MAX_KEY];
	int fd = bpf_map__fd(map);

	while (!bpf_map_get_next_key(fd, NULL, key)) {
		if (zeroes && bpf_map_update_elem(fd, key, zeroes, BPF_EXIST))
			return -errno;
		if (bpf_map_delete_elem(fd, key))
			return -errno;
	}
	return errno == ENOENT ? 0 : -errno;
}

int lg_probe_zero(struct lg_probe *probe, int possible_cpus)
{
	struct bpf_map *map;
	int err = 0;

	bpf_object__for_each_map(map, probe->object)
	{
		const char *name = bpf_map__name(map);
		size_t size = ((size_t)bpf_map__value_size(map) + 7) / 8 * 8;
		void *zeroes = NULL;

		if (!bpf_map__autocreate(map))
			continue;
		if (!strncmp(name, "s_", 2) && bpf_map__type(map) == BPF_MAP_TYPE_HASH) {
			err = empty_hash(map, NULL);
		} else if (map == probe->counters || !strncmp(name, "h_", 2)) {
			zeroes = calloc(possible_cpus, size);
			if (!zeroes)
				return -ENOMEM;
			err = bpf_map__type(map) == BPF_MAP_TYPE_PERCPU_HASH
				      ? empty_hash(map, zeroes)
				      : zero_array(map, zeroes);
			free(zeroes);
		}
		if (err)
			return err;
	}
	return 0;
}
