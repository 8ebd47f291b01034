/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#define _GNU_SOURCE 1
#include "spool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "spool_file.h"

#define LEDGER_NAME "ledger"

enum { FIRST_ROOM = 16 };

static uint64_t file_size(const struct lg_spool_entry *entry)
{
	return LG_SPOOL_HEADER + (uint64_t)entry->size;
}

static size_t most_bytes(const struct lg_spool *spool)
{
	return LG_SPOOL_HEADER + (size_t)spool->caps.report;
}

static int add(struct lg_spool *spool, const struct lg_spool_entry *entry)
{
	size_t room = spool->room ? spool->room * 2 : FIRST_ROOM;
	struct lg_spool_entry *grown;

	if (spool->count == spool->room) {
		grown = realloc(spool->entries, room * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		spool->entries = grown;
		spool->room = room;
	}
	spool->entries[spool->count++] = *entry;
	spool->bytes += file_size(entry);
	return 0;
}

static void forget(struct lg_spool *spool, size_t at)
{
	spool->bytes -= file_size(&spool->entries[at]);
	spool->count--;
	memmove(spool->entries + at, spool->entries + at + 1,
		(spool->count - at) * sizeof(*spool->entries));
}

static int remove_file(const struct lg_spool *spool, enum lg_spool_name kind, uint64_t number)
{
	char name[LG_NAME_MAX];

	lg_spool_name_write(name, kind, number);
	return lg_durable_remove(spool->disk, spool->directory, name);
}

/* ---- setting aside */

struct listing {
	uint64_t *numbers; /* of reports */
	size_t count, room;
	uint64_t aside[LG_SPOOL_ASIDE]; /* the newest */
	uint64_t oldest_aside; /* of those that are too many; 0 = none */
	uint64_t last;
	char unfinished[LG_NAME_MAX + sizeof(LG_UNFINISHED)]; /* one of them, or "" */
	bool failed;
};

static void note_aside(struct listing *list, uint64_t number)
{
	size_t least = 0;

	for (size_t i = 1; i < LG_SPOOL_ASIDE; i++) {
		if (list->aside[i] < list->aside[least])
			least = i;
	}
	if (list->aside[least] && (!list->oldest_aside || list->aside[least] < list->oldest_aside))
		list->oldest_aside = list->aside[least] < number ? list->aside[least] : number;
	if (number > list->aside[least])
		list->aside[least] = number;
}

static void note_name(void *context, const char *name)
{
	struct listing *list = context;
	uint64_t number = 0, *grown;

	switch (lg_spool_name_read(name, &number)) {
	case LG_SPOOL_REPORT:
		if (list->count == list->room) {
			list->room = list->room ? list->room * 2 : FIRST_ROOM;
			grown = realloc(list->numbers, list->room * sizeof(*grown));
			if (!grown) {
				list->failed = true;
				return;
			}
			list->numbers = grown;
		}
		list->numbers[list->count++] = number;
		break;
	case LG_SPOOL_SET_ASIDE:
		note_aside(list, number);
		break;
	case LG_SPOOL_UNFINISHED:
		if (strlen(name) < sizeof(list->unfinished))
			strcpy(list->unfinished, name);
		break;
	case LG_SPOOL_OTHER:
		break;
	}
	if (number > list->last)
		list->last = number;
}

static int list_files(const struct lg_spool *spool, struct listing *list)
{
	int rc = spool->disk->list(spool->disk->arg, spool->directory, note_name, list);

	return !rc && list->failed ? -ENOMEM : rc;
}

static void drop_old_asides(const struct lg_spool *spool)
{
	for (;;) {
		struct listing list = {0};
		int rc = list_files(spool, &list);

		free(list.numbers);
		if (rc || !list.oldest_aside ||
		    remove_file(spool, LG_SPOOL_SET_ASIDE, list.oldest_aside))
			return;
	}
}

/* Counted first: a process that ends in between finds in the ledger that only the rename is left. */
static int set_aside(struct lg_spool *spool, uint64_t number, uint64_t *counter)
{
	char from[LG_NAME_MAX], to[LG_NAME_MAX];
	int rc = 0;

	if (spool->ledger.setting_aside != number) {
		uint64_t before = spool->ledger.setting_aside;

		spool->ledger.setting_aside = number;
		++*counter;
		rc = lg_ledger_save(&spool->ledger);
		if (rc) {
			spool->ledger.setting_aside = before;
			--*counter;
			return rc;
		}
	}
	lg_spool_name_write(from, LG_SPOOL_REPORT, number);
	lg_spool_name_write(to, LG_SPOOL_SET_ASIDE, number);
	rc = spool->disk->rename(spool->disk->arg, spool->directory, from, to);
	if (!rc)
		rc = spool->disk->sync(spool->disk->arg, spool->directory);
	if (!rc)
		drop_old_asides(spool);
	return rc;
}

/* ---- opening */

static int by_number(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return left < right ? -1 : left > right;
}

static int read_file(const struct lg_spool *spool, uint64_t number, struct lg_buffer *file,
		     struct lg_spool_entry *entry)
{
	char name[LG_NAME_MAX];
	int rc;

	lg_spool_name_write(name, LG_SPOOL_REPORT, number);
	rc = lg_durable_read(spool->disk, spool->directory, name, most_bytes(spool), file);
	if (rc == -EFBIG || (!rc && !lg_spool_file_read(file, number, entry)))
		return -EBADMSG;
	return rc;
}

/*
 * What cannot be read, or be set aside, now has a place in the row all the same: else an eviction
 * of a younger one would pass over it, and nobody would count it.
 */
static int take_in(struct lg_spool *spool, uint64_t number)
{
	struct lg_buffer file = {0};
	struct lg_spool_entry entry;
	int rc;

	if (number <= spool->ledger.evicted_through) {
		remove_file(spool, LG_SPOOL_REPORT, number);
		return 0;
	}
	rc = read_file(spool, number, &file, &entry);
	lg_buffer_free(&file);
	if (!rc && number == spool->ledger.setting_aside)
		rc = -EBADMSG;
	if (rc == -EBADMSG) {
		set_aside(spool, number, &spool->ledger.counts.damaged);
		if (spool->ledger.setting_aside == number)
			return 0;
	}
	if (rc)
		entry = (struct lg_spool_entry){.number = number, .created_s = LG_SPOOL_AGELESS};
	/* The ledger is as young as the youngest report when it had to begin anew. */
	if (entry.created_s != LG_SPOOL_AGELESS && entry.created_s > spool->ledger.on_s)
		spool->ledger.on_s = entry.created_s;
	return rc == -ENOMEM ? rc : add(spool, &entry);
}

/* A cut write left it; its report was never accepted. */
static int clear_unfinished(struct lg_spool *spool)
{
	for (;;) {
		struct listing list = {0};
		int rc = list_files(spool, &list);

		free(list.numbers);
		if (rc || !*list.unfinished)
			return rc;
		rc = lg_durable_remove(spool->disk, spool->directory, list.unfinished);
		if (rc)
			return rc;
		spool->ledger.counts.unfinished++;
	}
}

int lg_spool_open(struct lg_spool *spool, const struct lg_disk *disk, int directory,
		  const struct lg_spool_caps *caps, const struct lg_moment *now)
{
	struct listing list = {0};
	int rc;

	*spool = (struct lg_spool){.disk = disk, .directory = directory, .caps = *caps};
	rc = lg_ledger_open(&spool->ledger, disk, directory, LEDGER_NAME);
	lg_ledger_see(&spool->ledger, now);
	if (!rc)
		rc = clear_unfinished(spool);
	if (!rc)
		rc = list_files(spool, &list);
	if (!rc && list.count)
		qsort(list.numbers, list.count, sizeof(*list.numbers), by_number);
	spool->last = list.last > spool->ledger.evicted_through ? list.last
								: spool->ledger.evicted_through;
	if (spool->last < spool->ledger.setting_aside)
		spool->last = spool->ledger.setting_aside;
	for (size_t i = 0; i < list.count && !rc; i++)
		rc = take_in(spool, list.numbers[i]);
	free(list.numbers);
	return rc;
}

void lg_spool_close(struct lg_spool *spool)
{
	if (spool->ledger.fd >= 0)
		lg_ledger_save(&spool->ledger);
	lg_ledger_close(&spool->ledger);
	free(spool->entries);
	spool->entries = NULL;
	spool->count = spool->room = 0;
}

/* ---- evicting */

/* The ledger says first that it is gone: an eviction is counted once, whatever ends it. */
static int evict_oldest(struct lg_spool *spool, uint64_t *counter)
{
	uint64_t number = spool->entries[0].number, before = spool->ledger.evicted_through;
	int rc;

	spool->ledger.evicted_through = number;
	++*counter;
	rc = lg_ledger_save(&spool->ledger);
	if (rc) {
		spool->ledger.evicted_through = before;
		--*counter;
		return rc;
	}
	forget(spool, 0);
	/* What fails here is done when the spool is opened again. */
	remove_file(spool, LG_SPOOL_REPORT, number);
	return 0;
}

int lg_spool_expire(struct lg_spool *spool)
{
	uint64_t now_s = spool->ledger.on_s;

	while (spool->count && spool->caps.age_s && now_s > spool->entries[0].created_s &&
	       now_s - spool->entries[0].created_s > spool->caps.age_s) {
		int rc = evict_oldest(spool, &spool->ledger.counts.evicted_by_age);

		if (rc)
			return rc;
	}
	return 0;
}

static int make_room(struct lg_spool *spool, uint64_t size)
{
	while (spool->count && spool->bytes + size > spool->caps.bytes) {
		int rc = evict_oldest(spool, &spool->ledger.counts.evicted_by_size);

		if (rc)
			return rc;
	}
	return 0;
}

/* ---- putting, reading, sending */

static int write_entry(struct lg_spool *spool, const struct lg_spool_entry *entry,
		       const void *report)
{
	struct lg_buffer file = {0};
	char name[LG_NAME_MAX];
	int rc = make_room(spool, file_size(entry));

	lg_spool_file_write(&file, entry, report);
	if (!rc && file.failed)
		rc = -ENOMEM;
	lg_spool_name_write(name, LG_SPOOL_REPORT, entry->number);
	if (!rc)
		rc = lg_durable_replace(spool->disk, spool->directory, name, file.data, file.size);
	lg_buffer_free(&file);
	/* It may have its name, though not for good. */
	if (rc)
		remove_file(spool, LG_SPOOL_REPORT, entry->number);
	return rc;
}

int lg_spool_put(struct lg_spool *spool, const uint8_t id[LG_REPORT_ID], const void *report,
		 size_t size)
{
	struct lg_spool_entry entry = {.created_s = spool->ledger.on_s};
	int rc = -EFBIG;

	if (size <= spool->caps.report && LG_SPOOL_HEADER + (uint64_t)size <= spool->caps.bytes) {
		/* A number whose write failed may be on the disk yet: it is not used again. */
		entry.number = ++spool->last;
		entry.size = (uint32_t)size;
		memcpy(entry.id, id, LG_REPORT_ID);
		rc = write_entry(spool, &entry, report);
		if (!rc)
			rc = add(spool, &entry);
	}
	if (!rc) {
		spool->ledger.counts.written++;
		return 0;
	}
	spool->ledger.counts.unwritten++;
	lg_ledger_save(&spool->ledger);
	return rc;
}

int lg_spool_read(struct lg_spool *spool, size_t at, struct lg_buffer *report)
{
	uint64_t number = spool->entries[at].number;
	struct lg_spool_entry entry;
	int rc = read_file(spool, number, report, &entry);

	if (rc == -EBADMSG) {
		int kept = set_aside(spool, number, &spool->ledger.counts.damaged);

		if (spool->ledger.setting_aside != number)
			return kept ? kept : -EIO;
		forget(spool, at);
	}
	if (rc)
		return rc;
	spool->bytes += file_size(&entry) - file_size(&spool->entries[at]);
	spool->entries[at] = entry;
	report->size -= LG_SPOOL_HEADER;
	memmove(report->data, report->data + LG_SPOOL_HEADER, report->size);
	return 0;
}

int lg_spool_sent(struct lg_spool *spool, size_t at)
{
	int rc = remove_file(spool, LG_SPOOL_REPORT, spool->entries[at].number);

	/* One that could not be removed is sent again, and the collector knows it by its id. */
	forget(spool, at);
	spool->ledger.counts.sent++;
	return rc;
}

int lg_spool_rejected(struct lg_spool *spool, size_t at)
{
	uint64_t number = spool->entries[at].number;
	int rc = set_aside(spool, number, &spool->ledger.counts.rejected);

	if (spool->ledger.setting_aside == number)
		forget(spool, at);
	return rc;
}
