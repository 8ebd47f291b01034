/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Linear probing; removal shifts entries back, so there are no graves. */
#include <stdlib.h>
#include <string.h>

#include "table.h"

enum { FIRST_CAPACITY = 64 };

void lg_table_init(struct lg_table *table, size_t limit)
{
	memset(table, 0, sizeof(*table));
	table->limit = limit;
}

void lg_table_init_wide(struct lg_table *table, size_t limit)
{
	lg_table_init(table, limit);
	table->wide = true;
}

void lg_table_free(struct lg_table *table)
{
	bool wide = table->wide;

	free(table->slots);
	free(table->more);
	lg_table_init(table, table->limit);
	table->wide = wide;
}

void lg_table_clear(struct lg_table *table)
{
	if (table->slots)
		memset(table->slots, 0, table->capacity * sizeof(*table->slots));
	table->count = 0;
}

static inline size_t home_of(const struct lg_table *table, lg_u64 high, lg_u64 low,
			     const lg_u64 *more)
{
	lg_u64 hash = (high ^ low * 0x9e3779b97f4a7c15ULL) * 0xff51afd7ed558ccdULL;

	if (more)
		hash = (hash ^ hash >> 32 ^ more[0] * 0xbf58476d1ce4e5b9ULL ^
			more[1] * 0x94d049bb133111ebULL) *
		       0xff51afd7ed558ccdULL;
	hash ^= hash >> 32;
	return (size_t)(hash * 0xc4ceb9fe1a85ec53ULL >> 20) & (table->capacity - 1);
}

static inline bool is_at(const struct lg_table *table, size_t at, lg_u64 high, lg_u64 low,
			 const lg_u64 *more)
{
	return table->slots[at].high == high && table->slots[at].low == low &&
	       (!more || (table->more[at][0] == more[0] && table->more[at][1] == more[1]));
}

static inline size_t probe(const struct lg_table *table, lg_u64 high, lg_u64 low,
			   const lg_u64 *more)
{
	size_t at = home_of(table, high, low, more);

	while (table->slots[at].used && !is_at(table, at, high, low, more))
		at = (at + 1) & (table->capacity - 1);
	return at;
}

/* `more` of a slot, NULL in a table that keeps none. */
static const lg_u64 *more_of(const struct lg_table *table, size_t at)
{
	return table->wide ? table->more[at] : NULL;
}

static inline struct lg_slot *find(const struct lg_table *table, lg_u64 high, lg_u64 low,
				   const lg_u64 *more)
{
	struct lg_slot *slot;

	if (!table->count)
		return NULL;
	slot = &table->slots[probe(table, high, low, more)];
	return slot->used ? slot : NULL;
}

static bool grow(struct lg_table *table)
{
	struct lg_table larger = *table;

	larger.capacity = table->capacity ? table->capacity * 2 : FIRST_CAPACITY;
	larger.slots = calloc(larger.capacity, sizeof(*larger.slots));
	larger.more = table->wide ? calloc(larger.capacity, sizeof(*larger.more)) : NULL;
	if (!larger.slots || (table->wide && !larger.more)) {
		free(larger.slots);
		free(larger.more);
		return false;
	}
	for (size_t i = 0; i < table->capacity; i++) {
		const struct lg_slot *slot = &table->slots[i];
		size_t at;

		if (!slot->used)
			continue;
		at = probe(&larger, slot->high, slot->low, more_of(table, i));
		larger.slots[at] = *slot;
		if (table->wide)
			memcpy(larger.more[at], table->more[i], sizeof(*larger.more));
	}
	free(table->slots);
	free(table->more);
	*table = larger;
	return true;
}

static inline struct lg_slot *make(struct lg_table *table, lg_u64 high, lg_u64 low,
				   const lg_u64 *more)
{
	struct lg_slot *slot = find(table, high, low, more);
	size_t at;

	if (slot)
		return slot;
	if (table->count >= table->limit)
		return NULL;
	if (table->count >= table->capacity / 4 * 3 && !grow(table))
		return NULL;
	at = probe(table, high, low, more);
	slot = &table->slots[at];
	memset(slot, 0, sizeof(*slot));
	slot->high = high;
	slot->low = low;
	slot->used = 1;
	if (more)
		memcpy(table->more[at], more, sizeof(*table->more));
	table->count++;
	return slot;
}

struct lg_slot *lg_table_find(const struct lg_table *table, lg_u64 high, lg_u64 low)
{
	return find(table, high, low, NULL);
}

struct lg_slot *lg_table_make(struct lg_table *table, lg_u64 high, lg_u64 low)
{
	return make(table, high, low, NULL);
}

struct lg_slot *lg_table_find_key(const struct lg_table *table, const struct lg_key *key)
{
	return find(table, key->high, key->low, table->wide ? key->more : NULL);
}

struct lg_slot *lg_table_make_key(struct lg_table *table, const struct lg_key *key)
{
	return make(table, key->high, key->low, table->wide ? key->more : NULL);
}

void lg_table_remove(struct lg_table *table, struct lg_slot *slot)
{
	size_t mask = table->capacity - 1, gap = (size_t)(slot - table->slots), at = gap;

	for (;;) {
		size_t home;

		at = (at + 1) & mask;
		if (!table->slots[at].used)
			break;
		home = home_of(table, table->slots[at].high, table->slots[at].low,
			       more_of(table, at));
		/* It may move into the gap unless its home lies behind the gap. */
		if (((at - home) & mask) < ((at - gap) & mask))
			continue;
		table->slots[gap] = table->slots[at];
		if (table->more)
			memcpy(table->more[gap], table->more[at], sizeof(*table->more));
		gap = at;
	}
	table->slots[gap].used = 0;
	table->count--;
}
