/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What tracefs says of its own binary formats: `events/<system>/<event>/format`
 * and `events/header_page`. Offsets differ between builds, so nothing here is
 * known in advance. All text is untrusted.
 */
#ifndef LATGATE_TRACE_FORMAT_H
#define LATGATE_TRACE_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

#include "probe_abi.h"

enum {
	LG_TRACE_NAME = 48, /* bytes of a name with its NUL; longer names are cut */
	LG_TRACE_FIELDS = 48, /* per event; further ones are left out */
	LG_TRACE_FILE_MAX = 64 << 10, /* bytes of a format file that is still read */
};

/* Why a text was refused. */
struct lg_trace_fault {
	lg_u32 line; /* from 1; 0 = the text as a whole */
	const char *what; /* static text, such as "no ID" */
};

enum lg_field_kind {
	LG_FIELD_FIXED, /* `size` bytes at `offset` */
	LG_FIELD_DATA_LOC, /* __data_loc: u32 at `offset`, length << 16 | offset in the record */
	LG_FIELD_REL_LOC, /* __rel_loc: the same, counted from behind the u32 */
};

struct lg_trace_field {
	char name[LG_TRACE_NAME];
	lg_u32 offset, size; /* bytes */
	lg_u32 kind; /* enum lg_field_kind */
	bool is_signed;
	bool is_array; /* declared with [] */
};

/*
 * The bits of sched_switch's prev_state, from its `print fmt`. Kernels moved
 * them: "preempted" is 0x100 since 4.14, 0x1000 or 0x800 before, and idle
 * kernel threads are "I" since 4.14, "D" with "N" before.
 */
struct lg_task_states {
	lg_u64 preempted; /* switched out while runnable; 0 = not said */
	lg_u64 asleep; /* any of these: not runnable; 0 = not said */
	lg_u64 uninterruptible; /* "D" */
	lg_u64 idle; /* with "D": an idle kernel thread, waiting for nothing ("N") */
};

struct lg_trace_format {
	char name[LG_TRACE_NAME];
	lg_u32 id; /* common_type of its records */
	lg_u32 field_count;
	struct lg_trace_field fields[LG_TRACE_FIELDS];
	struct lg_task_states states; /* of an event with prev_state; else 0 */
};

/* Reads a `format` file. False: *fault says why, *out is not to be used. */
bool lg_trace_format_parse(struct lg_trace_format *out, const char *text, size_t size,
			   struct lg_trace_fault *fault);

/* NULL when the event has no such field. */
const struct lg_trace_field *lg_trace_format_field(const struct lg_trace_format *format,
						   const char *name);

/* How a page of the ring buffer begins: `events/header_page`. Offsets and sizes in bytes. */
struct lg_page_layout {
	lg_u32 timestamp_offset; /* 8 bytes */
	lg_u32 commit_offset;
	lg_u32 commit_size; /* 4 on 32-bit kernels, 8 on 64-bit ones */
	lg_u32 data_offset;
	lg_u32 data_size; /* of a whole page, such as 4080 */
};

/* Reads `header_page`. False: *fault says why. */
bool lg_page_layout_parse(struct lg_page_layout *out, const char *text, size_t size,
			  struct lg_trace_fault *fault);

#endif
