/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Pages of the kernel's ring buffer as `per_cpu/cpuN/trace_pipe_raw` gives them
 * (include/linux/ring_buffer.h, kernel/trace/ring_buffer.c). The bytes are
 * untrusted: no read leaves the page, whatever its lengths say. Little-endian
 * only, as every Android kernel is.
 */
#ifndef LATGATE_TRACE_PAGE_H
#define LATGATE_TRACE_PAGE_H

#include "trace_format.h"

/* A record of a page: an event's bytes, common fields first. */
struct lg_trace_record {
	lg_u64 time_ns; /* by the buffer's trace_clock */
	const unsigned char *data; /* in the page */
	size_t size;
};

struct lg_page {
	const unsigned char *bytes; /* the committed data */
	size_t size, at;
	lg_u64 time_ns; /* of the last record */
	/* Written by lg_page_open(): the reader was too slow for what came before this page. */
	bool missed;
	lg_u64 missed_events; /* how many; 0 with `missed` = the kernel did not say */
};

enum lg_page_state {
	LG_PAGE_RECORD, /* *record is the next one */
	LG_PAGE_END,
	LG_PAGE_CORRUPT, /* a length leaves the page; nothing further can be read of it */
};

/*
 * Begins a page. `size` is what read() gave: at least the header and what the
 * header says is committed. False when that does not fit. The bytes must live
 * as long as the page is read.
 */
bool lg_page_open(struct lg_page *page, const struct lg_page_layout *layout,
		  const unsigned char *bytes, size_t size);

enum lg_page_state lg_page_next(struct lg_page *page, struct lg_trace_record *record);

#endif
