/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What became of reports, counted where it outlives the process, and the time
 * that reports age by. The file has two slots that are written in turn, in
 * place: a full disk does not stop it, and a torn slot leaves the one before.
 */
#ifndef LATGATE_FIELD_LEDGER_H
#define LATGATE_FIELD_LEDGER_H

#include "disk.h"

struct lg_ledger_counts {
	uint64_t written,
		sent; /* reports; those of the last seconds may be missing after a crash */
	uint64_t evicted_by_size, evicted_by_age;
	uint64_t unwritten; /* could not be spooled: no room, or the disk failed */
	uint64_t damaged; /* found torn or changed, set aside */
	uint64_t rejected; /* refused for good by the collector, set aside */
	uint64_t unfinished; /* files that a write was cut in, removed */
	uint64_t reported; /* of lg_ledger_lost(), what a spooled report says */
};

/* A moment of a boot. No clock of the wall has a part in it. */
struct lg_moment {
	uint64_t boot; /* drawn by the kernel at each boot; 0 = not known */
	uint64_t s; /* CLOCK_BOOTTIME */
};

struct lg_ledger {
	const struct lg_disk *disk;
	int fd;
	uint64_t generation;
	struct lg_ledger_counts counts;
	/*
	 * For how long the device has been on, in suspend or not, as far as it was seen: up to
	 * `seen`, over all boots. It never goes back, and never ahead of the truth.
	 */
	uint64_t on_s;
	struct lg_moment seen;
	/* What is said here was counted, and is only left to be done: reports up to this one
	 * are to be removed, and this one is to be set aside. Numbers of the spool. */
	uint64_t evicted_through, setting_aside;
};

/* Reports that were made and will not be sent. */
static inline uint64_t lg_ledger_lost(const struct lg_ledger_counts *counts)
{
	return counts->evicted_by_size + counts->evicted_by_age + counts->unwritten +
	       counts->damaged + counts->rejected;
}

/* A file without a good slot begins again from 0. 0 or -errno. */
int lg_ledger_open(struct lg_ledger *ledger, const struct lg_disk *disk, int directory,
		   const char *name);
/* Counts the time up to now. */
void lg_ledger_see(struct lg_ledger *ledger, const struct lg_moment *now);
/* On the disk when it returns 0. */
int lg_ledger_save(struct lg_ledger *ledger);
void lg_ledger_close(struct lg_ledger *ledger);

#endif
