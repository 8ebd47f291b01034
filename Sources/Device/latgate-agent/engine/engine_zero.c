/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* A clean slate for an epoch, made while the window is closed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "engine_internal.h"

/* Every element of a per-CPU array. */
static int zero_array(const struct lg_map *map, const void *zeroes)
{
	int fd = map->fd;

	for (lg_u32 index = 0; index < map->max_entries; index++) {
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
static int empty_hash(const struct lg_map *map, const void *zeroes)
{
	unsigned char key[LG_MAX_KEY];
	int fd = map->fd;

	while (!bpf_map_get_next_key(fd, NULL, key)) {
		if (zeroes && bpf_map_update_elem(fd, key, zeroes, BPF_EXIST))
			return -errno;
		if (bpf_map_delete_elem(fd, key))
			return -errno;
	}
	return errno == ENOENT ? 0 : -errno;
}

/* Labels without room of their own have this one. */
static int make_others(const struct lg_map *map, const void *zeroes)
{
	unsigned char key[LG_MAX_KEY];

	memset(key, LG_OTHER, sizeof(key));
	return bpf_map_update_elem(map->fd, key, zeroes, BPF_ANY) ? -errno : 0;
}

static int zero_map(const struct lg_map *map, int possible_cpus)
{
	size_t size = ((size_t)map->value_size + 7) / 8 * 8;
	void *zeroes = calloc(possible_cpus, size);
	int err;

	if (!zeroes)
		return -ENOMEM;
	err = map->type == BPF_MAP_TYPE_PERCPU_HASH ? empty_hash(map, zeroes)
						    : zero_array(map, zeroes);
	if (!err && map->type == BPF_MAP_TYPE_PERCPU_HASH)
		err = make_others(map, zeroes);
	free(zeroes);
	return err;
}

int lg_probe_zero(struct lg_probe *probe, int possible_cpus)
{
	for (size_t i = 0; i < probe->map_count; i++) {
		const struct lg_map *map = &probe->maps[i];
		int err = 0;

		if ((!strncmp(map->name, "s_", 2) && map->type == BPF_MAP_TYPE_HASH) ||
		    map->type == BPF_MAP_TYPE_STACK_TRACE)
			err = empty_hash(map, NULL);
		else if (map == probe->counters || map == probe->rows ||
			 !strncmp(map->name, "h_", 2) || !strncmp(map->name, "c_", 2) ||
			 !strncmp(map->name, "k_", 2))
			err = zero_map(map, possible_cpus);
		if (err)
			return err;
	}
	return 0;
}
