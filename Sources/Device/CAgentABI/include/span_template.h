/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What a prebuilt object for one span, or for single events, is configured
 * with: the host finds out where the device's kernel keeps the fields and writes
 * it into the object's .rodata, so that no compiler is needed for a new
 * question. The programs are in bpf/include/span_programs.h and
 * event_programs.h.
 */
#ifndef LATGATE_SPAN_TEMPLATE_H
#define LATGATE_SPAN_TEMPLATE_H

#include "probe_abi.h"

enum {
	LG_TEMPLATE_TIED = 4, /* values that tie an end to its start */
	LG_TEMPLATE_TESTS = 8,
	LG_TEMPLATE_WORDS = 6, /* of 4 bytes, in the key of a histogram */
	LG_TEMPLATE_COLUMNS = 12, /* of a row, beside its time */
	LG_TEMPLATE_ROW = 192, /* bytes of all of them */
	LG_TEMPLATE_ROWS = 1024, /* that a CPU keeps */
	LG_TEMPLATE_LOCATIONS = 16, /* of a USDT probe; a power of two */
	LG_TEMPLATE_ARGUMENTS = 12, /* of a USDT probe */
};

/* Where a value is. */
enum {
	LG_FROM_NOWHERE = 0, /* it is 0 */
	LG_FROM_CONTEXT = 1, /* `size` bytes at `offset` of the record or the registers */
	LG_FROM_SIGNED = 2, /* the same, with its sign */
	LG_FROM_TEXT = 3, /* the same, up to a NUL; of labels only */
	LG_FROM_THREAD = 4, /* the running thread */
	LG_FROM_CPU = 5, /* the CPU */
	LG_FROM_CLASS_OF_TASK = 6, /* LG_CLASS_* of the task that began; of labels and columns */
	LG_FROM_TEXT_AT = 7, /* text whose offset in the record 4 bytes at `offset` have */
	LG_FROM_TEXT_AFTER = 8, /* the same, counted from behind these 4 bytes */
	LG_FROM_PROCESS = 9, /* the running process */
	LG_FROM_COMMAND = 10, /* LG_COMM_LEN bytes, the running thread's name; labels and columns */
	/*
	 * How deep in its stack a goroutine is, of ties only: the end of the stack, which the 8 bytes
	 * behind the first 8 of what the register at `size` points to have, less the stack pointer,
	 * the register at `offset`. It stays the same while the runtime moves the stack.
	 */
	LG_FROM_DEPTH = 11,
	/*
	 * Of a process's memory: `size` bytes at what a register has, and `offset` (s32) behind it. The
	 * register's bytes and where it is stand above the kind, see LG_FROM_USER_OF.
	 */
	LG_FROM_USER = 12,
	LG_FROM_USER_SIGNED = 13,
	LG_FROM_CONSTANT = 14, /* `offset` itself, as s32, in `size` bytes */
	LG_FROM_CONSTANT_SIGNED = 15,
	/*
	 * The argument `offset` of a USDT probe, where the location that was hit has it (struct
	 * lg_locations). Size and sign are of a number that holds those of all locations.
	 */
	LG_FROM_LOCATION = 16,
	LG_FROM_LOCATION_SIGNED = 17,
};

/* `from` of memory behind a register of `bytes` bytes (4 or 8) at `place` of the registers. */
#define LG_FROM_USER_OF(kind, bytes, place) ((kind) | (bytes) << 8 | (place) << 16)
#define LG_FROM_KIND(from) ((from)&0xff)
#define LG_FROM_REGISTER_BYTES(from) ((from) >> 8 & 0xff)
#define LG_FROM_REGISTER(from) ((from) >> 16)

struct lg_place {
	lg_u32 from, offset, size;
};

enum {
	LG_TEST_NONE = 0, /* the end of the tests */
	LG_TEST_EQUAL = 1,
	LG_TEST_UNEQUAL = 2,
	LG_TEST_LESS = 3,
	LG_TEST_AT_MOST = 4,
	LG_TEST_MORE = 5,
	LG_TEST_AT_LEAST = 6,
	LG_TEST_BITS = 7, /* any of these bits */
};

struct lg_test {
	struct lg_place place;
	lg_u32 test;
	lg_u32 goes_on; /* the next test is another way to pass this one */
	lg_u32 pad[3];
	lg_u64 value;
};

/*
 * The locations of a USDT probe that has its arguments in different places. Each is known by where in
 * its page its instruction is: files are mapped by whole pages, so that this is the same in the file and
 * in every process. They are ascending, with 0xffffffff behind the last.
 */
struct lg_locations {
	lg_u32 instruction; /* where the registers have the instruction's address; 0: no locations */
	lg_u32 pad;
	lg_u32 at[LG_TEMPLATE_LOCATIONS]; /* bytes into the page */
	struct lg_place places[LG_TEMPLATE_ARGUMENTS][LG_TEMPLATE_LOCATIONS];
};

#define LG_LOCATION_MASK 0xfffu /* pages have at least 4096 bytes */

struct lg_side {
	struct lg_place tied[LG_TEMPLATE_TIED];
	struct lg_place labels[LG_TEMPLATE_WORDS]; /* of the words that this side gives */
	struct lg_test tests[LG_TEMPLATE_TESTS];
	struct lg_locations locations; /* of LG_FROM_LOCATION */
};

struct lg_template {
	struct lg_side from, to;
	lg_u32 by_class; /* whose operation it is matters */
	lg_u32 unmatched_ignored; /* ends without a start are none of the metric's */
};

/* Sides of stacks. */
enum {
	LG_STACK_KERNEL = 1,
	LG_STACK_USER = 2,
};

/* Of single events; nothing ties them to others. */
struct lg_event_template {
	struct lg_side at;
	struct lg_place value; /* what is recorded or added up; nowhere: 1 */
	struct lg_place columns[LG_TEMPLATE_COLUMNS]; /* up to the first that is nowhere */
	lg_u32 by_class; /* whose thread it was matters */
	lg_u32 stack; /* LG_STACK_* */
	lg_u32 pad;
};

#ifndef __BPF__
LG_STATIC_ASSERT(sizeof(struct lg_test) == 40, "template layout");
LG_STATIC_ASSERT(sizeof(struct lg_locations) == 2376, "template layout");
LG_STATIC_ASSERT(sizeof(struct lg_side) == 2816, "template layout");
LG_STATIC_ASSERT(sizeof(struct lg_template) == 5640, "template layout");
LG_STATIC_ASSERT(sizeof(struct lg_event_template) == 2984, "template layout");
#endif

#endif
