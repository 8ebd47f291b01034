/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include "map_bytes.h"

#include <linux/bpf.h>

enum {
	PAGE = 4096,
	ALIGNED = 8,
	/* Of a 64-bit kernel, as struct htab_elem and struct bucket are there since 4.6. */
	ELEMENT = 48,
	BUCKET = 16,
	POINTER = 8,
};

static uint64_t rounded(uint64_t value, uint64_t unit)
{
	return (value + unit - 1) / unit * unit;
}

static uint64_t power_of_two(uint64_t least)
{
	uint64_t power = 1;

	while (power < least)
		power *= 2;
	return power;
}

uint64_t lg_add_bytes(uint64_t a, uint64_t b)
{
	uint64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

bool lg_map_is_per_cpu(uint32_t type)
{
	return type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_PERCPU_HASH ||
	       type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

static bool is_hash(uint32_t type)
{
	return type == BPF_MAP_TYPE_HASH || type == BPF_MAP_TYPE_LRU_HASH ||
	       type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

uint64_t lg_map_bytes(const struct lg_map_shape *map, uint32_t cpus)
{
	uint64_t entry = rounded(map->value_size, ALIGNED), buckets = 0, bytes;

	if (lg_map_is_per_cpu(map->type))
		entry = entry * cpus + POINTER;
	if (is_hash(map->type)) {
		entry += ELEMENT + rounded(map->key_size, ALIGNED);
		buckets = power_of_two(map->max_entries) * BUCKET;
	}
	if (__builtin_mul_overflow(entry, (uint64_t)map->max_entries, &bytes))
		return UINT64_MAX;
	bytes = lg_add_bytes(bytes, buckets);
	return bytes > UINT64_MAX - PAGE ? UINT64_MAX : rounded(bytes, PAGE);
}
