/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Reports that wait to be sent, one file each. What lg_spool_put() accepted
 * stays until it was sent, set aside or evicted, and the latter two are
 * counted in the ledger before they are done: nothing is lost unseen,
 * wherever the process or the power ends.
 *
 * A file that is torn or changed is set aside and never sent.
 *
 * Reports grow old while the device is on. A clock that is set, or one that
 * begins anew at each boot, makes none of them older; nor does time in which
 * the device is switched off, when nothing could have sent them.
 */
#ifndef LATGATE_FIELD_SPOOL_H
#define LATGATE_FIELD_SPOOL_H

#include "buffer.h"
#include "ledger.h"

enum {
	LG_REPORT_ID = 16, /* bytes: the first of the SHA-256 of the report */
	LG_SPOOL_HEADER = 48, /* bytes of a file before the report's */
	LG_SPOOL_ASIDE = 8, /* files kept for whoever looks into it */
};

/* Such a report stays until it is sent, or another takes its room. */
#define LG_SPOOL_AGELESS UINT64_MAX

struct lg_spool_caps {
	uint64_t bytes; /* of all files that wait */
	uint64_t age_s; /* of the ledger's time; 0 = no cap */
	uint32_t report; /* bytes of one report */
};

struct lg_spool_entry {
	uint64_t number; /* ascending from the oldest on, never used twice */
	uint64_t created_s; /* the ledger's on_s then; LG_SPOOL_AGELESS = not known */
	uint32_t size; /* of the report, bytes */
	uint8_t id[LG_REPORT_ID];
};

struct lg_spool {
	const struct lg_disk *disk;
	int directory;
	struct lg_spool_caps caps;
	struct lg_ledger ledger;
	uint64_t last; /* number of the newest file there ever was, as far as known */
	uint64_t bytes; /* of the files that wait */
	struct lg_spool_entry *entries; /* by number */
	size_t count, room;
};

/* Looks at every file. 0 or -errno; close it in both cases. The directory's descriptor stays the caller's. */
int lg_spool_open(struct lg_spool *spool, const struct lg_disk *disk, int directory,
		  const struct lg_spool_caps *caps, const struct lg_moment *now);
/* Saves the counts. */
void lg_spool_close(struct lg_spool *spool);

/*
 * Makes room by evicting the oldest. 0: the report is on the disk. -EFBIG: it
 * is over a cap. Another -errno: it is not there, and counted as unwritten.
 */
int lg_spool_put(struct lg_spool *spool, const uint8_t id[LG_REPORT_ID], const void *report,
		 size_t size);
/* Evicts what is older than the cap. */
int lg_spool_expire(struct lg_spool *spool);

/*
 * The report of entry `at`. -EBADMSG: it was damaged, and is set aside: the entry is gone. Another
 * -errno: it cannot be read, or set aside, now, and stays.
 */
int lg_spool_read(struct lg_spool *spool, size_t at, struct lg_buffer *report);
/* The collector has it: removes entry `at`. */
int lg_spool_sent(struct lg_spool *spool, size_t at);
/* The collector refuses it for good: sets entry `at` aside. */
int lg_spool_rejected(struct lg_spool *spool, size_t at);

#endif
