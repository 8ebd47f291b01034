/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Rows of events, as many of each CPU as a probe's array has (bpf/include/event.h). */
#ifndef LATGATE_TRACE_ROWS_H
#define LATGATE_TRACE_ROWS_H

#include <stddef.h>

#include "probe_abi.h"

struct lg_rows {
	unsigned char *bytes;
	size_t row_size; /* bytes; 0 = the metric has none */
	size_t count, room; /* rows */
	lg_u32 limit; /* of a CPU */
	lg_u32 *used; /* by CPU */
};

void lg_rows_free(struct lg_rows *rows);
/* Forgets the rows. */
void lg_rows_clear(struct lg_rows *rows);
/* A zeroed row; NULL at the limit or without memory. */
unsigned char *lg_rows_add(struct lg_rows *rows, lg_u32 cpu, lg_u32 cpus);

#endif
