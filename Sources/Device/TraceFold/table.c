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

void lg_table_free(struct lg_table *table)
{
	free(table->slots);
	lg_table_init(table, table->limit);
}

void lg_table_clear(struct lg_table *table)
{
	if (table->slots)
		memset(table->slots, 0, table->capacity * sizeof(*table->slots));
	table->count = 0;
}

static size_t home_of(const struct lg_table *table, lg_u64 high, lg_u64 low)
{
	lg_u64 hash = (high ^ low * 0x9e3779b97f4a7c15ULL) * 0xff51afd7ed558ccdULL;

	hash ^= hash >> 32;
	return (size_t)(hash * 0xc4ceb9fe1a85ec53ULL >> 20) & (table->capacity - 1);
}

static struct lg_slot *probe(const struct lg_table *table, lg_u64 high, lg_u64 low)
{
	size_t at = home_of(table, high, low);

	while (table->slots[at].used &&
	       (table->slots[at].high != high || table->slots[at].low != low))
		at = (at + 1) & (table->capacity - 1);
	return &table->slots[at];
}

struct lg_slot *lg_table_find(const struct lg_table *table, lg_u64 high, lg_u64 low)
{
	struct lg_slot *slot;

	if (!table->count)
		return NULL;
	slot = probe(table, high, low);
	return slot->used ? slot : NULL;
}

static bool grow(struct lg_table *table)
{
	struct lg_table larger = *table;

	larger.capacity = table->capacity ? table->capacity * 2 : FIRST_CAPACITY;
	larger.slots = calloc(larger.capacity, sizeof(*larger.slots));
	if (!larger.slots)
		return false;
	for (size_t i = 0; i < table->capacity; i++) {
		const struct lg_slot *slot = &table->slots[i];

		if (slot->used)
			*probe(&larger, slot->high, slot->low) = *slot;
	}
	free(table->slots);
	*table = larger;
	return true;
}

struct lg_slot *lg_table_make(struct lg_table *table, lg_u64 high, lg_u64 low)
{
	struct lg_slot *slot = lg_table_find(table, high, low);

	if (slot)
		return slot;
	if (table->count >= table->limit)
		return NULL;
	if (table->count >= table->capacity / 4 * 3 && !grow(table))
		return NULL;
	slot = probe(table, high, low);
	memset(slot, 0, sizeof(*slot));
	slot->high = high;
	slot->low = low;
	slot->used = 1;
	table->count++;
	return slot;
}

void lg_table_remove(struct lg_table *table, struct lg_slot *slot)
{
	size_t mask = table->capacity - 1, gap = (size_t)(slot - table->slots), at = gap;

	for (;;) {
		size_t home;

		at = (at + 1) & mask;
		if (!table->slots[at].used)
			break;
		home = home_of(table, table->slots[at].high, table->slots[at].low);
		/* It may move into the gap unless its home lies behind the gap. */
		if (((at - home) & mask) < ((at - gap) & mask))
			continue;
		table->slots[gap] = table->slots[at];
		gap = at;
	}
	table->slots[gap].used = 0;
	table->count--;
}
