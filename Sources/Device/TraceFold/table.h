/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What is in flight or remembered, by key: a hash table with a limit, as BPF maps have one. */
#ifndef LATGATE_TRACE_TABLE_H
#define LATGATE_TRACE_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "probe_abi.h"

/* Of most tables `more` is 0, and not kept. */
struct lg_key {
	lg_u64 high, low, more[2];
};

/* An entry. stamp.word holds the window's state at the start alone; 0 = no operation. */
struct lg_slot {
	lg_u64 high, low; /* the key's */
	struct lg_stamp stamp;
	lg_u32 value; /* the owner's */
	lg_u32 used;
};

struct lg_table {
	struct lg_slot *slots; /* capacity: a power of two, or 0 */
	size_t capacity, count;
	size_t limit; /* entries */
	bool wide; /* keys have `more` */
	lg_u64 (*more)[2]; /* of each slot, in a wide table */
};

void lg_table_init(struct lg_table *table, size_t limit);
/* The same with keys that have `more`: only the calls with a whole key are for it. */
void lg_table_init_wide(struct lg_table *table, size_t limit);
void lg_table_free(struct lg_table *table);
void lg_table_clear(struct lg_table *table);
/* NULL when there is none. */
struct lg_slot *lg_table_find(const struct lg_table *table, lg_u64 high, lg_u64 low);
/*
 * The entry, made when new: then zero but for its key. NULL at the limit or
 * without memory. Moves other entries: pointers from before are not valid.
 */
struct lg_slot *lg_table_make(struct lg_table *table, lg_u64 high, lg_u64 low);
/* The same by a whole key, of any table. */
struct lg_slot *lg_table_find_key(const struct lg_table *table, const struct lg_key *key);
struct lg_slot *lg_table_make_key(struct lg_table *table, const struct lg_key *key);
/* Moves other entries, too. */
void lg_table_remove(struct lg_table *table, struct lg_slot *slot);

#endif
