/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The real disk with one fault at one call. A power cut takes back what was
 * not synced: writes are torn, renames and removals undone, each by a coin.
 */
#ifndef LATGATE_FIELD_FAULTY_DISK_H
#define LATGATE_FIELD_FAULTY_DISK_H

#include "disk.h"

enum lg_fault_kind {
	FAULT_NONE,
	FAULT_KILL, /* SIGKILL before the call */
	FAULT_KILL_AFTER,
	FAULT_CUT, /* SIGKILL, and what was not synced is lost */
	FAULT_CUT_AFTER,
	FAULT_FULL, /* writes and creations fail with ENOSPC for a while */
	FAULT_EIO,
	FAULT_SHORT, /* a write that takes half */
};

/* At the call number `at`, from 1 on, that changes or syncs something. */
const struct lg_disk *faulty_disk(enum lg_fault_kind kind, long at, unsigned seed);
enum lg_fault_kind fault_kind(const char *name);
long faulty_disk_calls(void);

/* What faulty_disk() returns; without a fault before its first call. */
extern const struct lg_disk faulty_disk_table;

#endif
