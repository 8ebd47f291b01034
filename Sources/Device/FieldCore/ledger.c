/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#define _GNU_SOURCE 1
#include "ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "durable.h"

/* Each slot has a block of its own, so that a torn block is one slot's. */
enum { MAGIC = 0x32474c4c, MAGIC_UNTIMED = 0x31474c4c, SLOT = 4096 };

struct slot {
	uint32_t magic, crc; /* of what follows */
	uint64_t generation;
	struct lg_ledger_counts counts;
	uint64_t evicted_through, setting_aside;
	/* Those of an earlier agent end here, and have the other magic. */
	uint64_t on_s, seen_boot, seen_s;
};

enum { UNTIMED_SIZE = offsetof(struct slot, on_s) };

static size_t slot_size(const struct slot *slot)
{
	return slot->magic == MAGIC_UNTIMED ? UNTIMED_SIZE : sizeof(*slot);
}

static uint32_t slot_crc(const struct slot *slot)
{
	return lg_crc32(0, &slot->generation, slot_size(slot) - offsetof(struct slot, generation));
}

static void load(struct lg_ledger *ledger, off_t at)
{
	struct slot slot = {0};
	ssize_t n = ledger->disk->read(ledger->disk->arg, ledger->fd, &slot, sizeof(slot), at);

	if (n != sizeof(slot) || (slot.magic != MAGIC && slot.magic != MAGIC_UNTIMED) ||
	    slot.crc != slot_crc(&slot) || slot.generation <= ledger->generation)
		return;
	ledger->generation = slot.generation;
	ledger->counts = slot.counts;
	ledger->evicted_through = slot.evicted_through;
	ledger->setting_aside = slot.setting_aside;
	if (slot.magic == MAGIC) {
		ledger->on_s = slot.on_s;
		ledger->seen = (struct lg_moment){slot.seen_boot, slot.seen_s};
	}
}

int lg_ledger_open(struct lg_ledger *ledger, const struct lg_disk *disk, int directory,
		   const char *name)
{
	*ledger = (struct lg_ledger){.disk = disk};
	ledger->fd = disk->open(disk->arg, directory, name, O_RDWR | O_CREAT, 0600);
	if (ledger->fd < 0)
		return ledger->fd;
	load(ledger, 0);
	load(ledger, SLOT);
	return 0;
}

/* Of an earlier boot, what came after it was last seen is not known, and not counted. */
void lg_ledger_see(struct lg_ledger *ledger, const struct lg_moment *now)
{
	bool same = now->boot == ledger->seen.boot && now->s >= ledger->seen.s;

	ledger->on_s += same ? now->s - ledger->seen.s : now->s;
	ledger->seen = *now;
}

int lg_ledger_save(struct lg_ledger *ledger)
{
	struct slot slot = {.magic = MAGIC,
			    .generation = ledger->generation + 1,
			    .counts = ledger->counts,
			    .evicted_through = ledger->evicted_through,
			    .setting_aside = ledger->setting_aside,
			    .on_s = ledger->on_s,
			    .seen_boot = ledger->seen.boot,
			    .seen_s = ledger->seen.s};
	uint8_t block[SLOT] = {0};
	ssize_t n;
	int rc;

	slot.crc = slot_crc(&slot);
	memcpy(block, &slot, sizeof(slot));
	/* The whole block, so that the room for both slots is taken with the first two. */
	n = ledger->disk->write(ledger->disk->arg, ledger->fd, block, sizeof(block),
				slot.generation % 2 ? SLOT : 0);
	if (n != sizeof(block))
		return n < 0 ? (int)n : -ENOSPC;
	rc = ledger->disk->sync(ledger->disk->arg, ledger->fd);
	if (!rc)
		ledger->generation++;
	return rc;
}

void lg_ledger_close(struct lg_ledger *ledger)
{
	if (ledger->fd >= 0)
		ledger->disk->close(ledger->disk->arg, ledger->fd);
	ledger->fd = -1;
}
