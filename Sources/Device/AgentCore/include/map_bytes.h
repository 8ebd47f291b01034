/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What BPF maps take of the kernel's memory, before they are made. No I/O. */
#ifndef LATGATE_MAP_BYTES_H
#define LATGATE_MAP_BYTES_H

#include <stdbool.h>
#include <stdint.h>

struct lg_map_shape {
	uint32_t type; /* BPF_MAP_TYPE_* */
	uint32_t key_size, value_size, max_entries;
};

/*
 * With all its entries, on a kernel of `cpus` possible CPUs, in whole pages; UINT64_MAX when
 * that is no number. What storage of tasks takes, which is made with them, is not known.
 */
uint64_t lg_map_bytes(const struct lg_map_shape *map, uint32_t cpus);
/* Whether every CPU has a value of its own; of the types that probes and other tools use. */
bool lg_map_is_per_cpu(uint32_t type);
/* The sum, or UINT64_MAX. */
uint64_t lg_add_bytes(uint64_t a, uint64_t b);

#endif
