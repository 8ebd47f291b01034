/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#ifndef LATGATE_LOAD_PAGES_H
#define LATGATE_LOAD_PAGES_H

#include "probe_abi.h"

/* Anonymous memory in small pages, so that every page faults by itself. */
struct lg_pages {
	volatile char *start;
	lg_u64 bytes, page, count;
};

/* 0, or the exit code after a message. */
int lg_pages_map(struct lg_pages *pages, lg_u64 mib);
/* Gives the memory back; the next touch of each page faults again. */
void lg_pages_drop(struct lg_pages *pages);

#endif
