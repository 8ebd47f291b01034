/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What a device believes of a repository: the client's rules of The Update
 * Framework (specification 1.0, section 5), over a table to fetch with.
 *
 * A new root is kept as soon as it is verified; timestamp, snapshot and targets
 * are kept together, when all three are. A refusal leaves everything as it was.
 */
#ifndef LATGATE_FIELD_TRUST_H
#define LATGATE_FIELD_TRUST_H

#include "buffer.h"
#include "disk.h"
#include "meta.h"

enum {
	LG_ROOT_MOST = 64 << 10, /* bytes */
	LG_TIMESTAMP_MOST = 16 << 10,
	LG_SNAPSHOT_MOST = 64 << 10,
	LG_TARGETS_MOST = 1 << 20,
	LG_ROOTS_AT_ONCE = 32, /* new ones in one update */
};

enum lg_fetched {
	LG_FETCHED,
	LG_FETCH_ABSENT, /* the server says that there is no such file */
	LG_FETCH_OVERSIZE, /* more than `most` bytes; no more than one of them was read */
	LG_FETCH_FAILED, /* no answer, or another one */
};

struct lg_fetcher {
	void *arg;
	/* Gets a file of the repository by its path below the base URL. */
	enum lg_fetched (*fetch)(void *arg, const char *path, size_t most, struct lg_buffer *out);
};

struct lg_trust {
	struct lg_buffer root, timestamp, snapshot, targets; /* verified files; size 0 = none yet */
	uint64_t seen_s; /* the latest time at which something was verified, Unix time */
	uint64_t kept_s; /* as far as it is on the disk, up to an hour behind */
};

/*
 * What was kept, or where nothing usable is, the root that the firmware came
 * with. `damaged` says that something was kept and is not usable. False with
 * `why` when neither is there.
 */
bool lg_trust_open(struct lg_trust *trust, const struct lg_disk *disk, int directory,
		   const void *anchor, size_t anchor_size, bool *damaged, char why[LG_WHY]);
void lg_trust_free(struct lg_trust *trust);

enum lg_update {
	LG_UPDATED, /* what is there now was verified and is not expired */
	LG_UPDATE_REFUSED, /* what was fetched is not to be believed */
	LG_UPDATE_UNREACHABLE, /* a file could not be fetched */
	LG_UPDATE_UNKEPT, /* verified, but the disk failed */
};

/* One poll. now_s: Unix time; the trust's own is used when that is later. */
enum lg_update lg_trust_update(struct lg_trust *trust, const struct lg_fetcher *fetcher,
			       const struct lg_disk *disk, int directory, uint64_t now_s,
			       char why[LG_WHY]);

/* Calls fn with each path of targets in ascending order, until it returns false. */
void lg_trust_targets(const struct lg_trust *trust,
		      bool (*fn)(void *arg, const char *path, const struct lg_meta_file *file),
		      void *arg);
/* Whether an id is in a list of the timestamp, such as "x-latgate-revoked". */
bool lg_trust_lists(const struct lg_trust *trust, const char *list, const char *id);

#endif
