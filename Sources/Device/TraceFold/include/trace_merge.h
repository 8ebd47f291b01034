/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The streams of all CPUs as one, in the order of time. Pages are copied in as
 * they come and given back once read, so memory is bounded by what waits.
 *
 * A CPU that writes nothing gives no page, so silence says nothing about how
 * far it is. The caller knows: whoever reads the clock, then reads every CPU
 * until it gives no more, has everything up to that clock value.
 */
#ifndef LATGATE_TRACE_MERGE_H
#define LATGATE_TRACE_MERGE_H

#include "trace_page.h"

struct lg_merge;

struct lg_merge_stats {
	lg_u64 pages, records;
	lg_u64 missed_events; /* overwritten before they were read, where the kernel counted them */
	lg_u64 missed_places; /* pages before which something is missing */
	lg_u64 corrupt_pages; /* cut short at the fault */
	lg_u64 refused_pages; /* beyond max_bytes: lost */
	lg_u64 disordered; /* records earlier than one given out before */
};

/* The data are complete: nothing missed, refused, corrupt or out of order. */
bool lg_merge_complete(const struct lg_merge_stats *stats);

/* For CPUs 0 .. cpus - 1 and at most max_bytes of waiting pages. NULL without memory. */
struct lg_merge *lg_merge_new(const struct lg_page_layout *layout, lg_u32 cpus, size_t max_bytes);
void lg_merge_free(struct lg_merge *merge); /* NULL is fine */

/*
 * Appends a page of a CPU, copied. 0, or a negative errno: -EINVAL for a CPU or
 * a page that cannot be, -ENOMEM where there is no room (counted as refused).
 */
int lg_merge_page(struct lg_merge *merge, lg_u32 cpu, const unsigned char *bytes, size_t size);

/*
 * The next record at or before until_ns (UINT64_MAX: of all that is there).
 * False: none. record->data is valid until the next call on this merge.
 */
bool lg_merge_next(struct lg_merge *merge, lg_u64 until_ns, lg_u32 *cpu,
		   struct lg_trace_record *record);

size_t lg_merge_waiting_bytes(const struct lg_merge *merge);
void lg_merge_stats(const struct lg_merge *merge, struct lg_merge_stats *out);

#endif
