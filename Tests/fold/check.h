/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Checks that print a line each, and what the tests build their input with. */
#ifndef LATGATE_FOLD_CHECK_H
#define LATGATE_FOLD_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "trace_fold.h"

void check(const char *name, bool good);
/* Prints both numbers when they differ. */
void check_number(const char *name, unsigned long long is, unsigned long long should);

/* A whole file; aborts when it cannot be read. *size excludes the NUL behind it. */
char *read_whole(const char *path, size_t *size);

/* A ring buffer page under construction, 64-bit layout. */
struct page_builder {
	unsigned char bytes[4096];
	size_t used; /* of the data */
};

extern const struct lg_page_layout layout_64, layout_32;

void page_begin(struct page_builder *page, lg_u64 time_ns);
/* An event header; length in bytes of the data as in type_len, delta in ns. */
void page_word(struct page_builder *page, lg_u32 word);
void page_data(struct page_builder *page, lg_u32 delta, const void *data, size_t size);
/* Writes the commit word with `flags` (RB_MISSED_*). */
void page_end(struct page_builder *page, lg_u32 flags);

/* Declarations of Tests/fold/spans as one set, and their numbers in it. */
enum {
	FSYNC_LATENCY = LG_FOLD_METRICS,
	HARDIRQ_RUN,
	RECLAIM_DIRECT,
};
/* As lg_trace_event has them: number and 1. */
enum {
	EXT4_FSYNC_ENTER = 1,
	EXT4_FSYNC_EXIT,
	F2FS_FSYNC_ENTER,
	F2FS_FSYNC_EXIT,
	IRQ_ENTRY,
	IRQ_EXIT,
	RECLAIM_BEGIN,
	RECLAIM_END,
};
struct lg_declared *shipped_tables(const char *spans);
/* Options of a fold that has the metrics, and of declared ones `metric` alone; 0: none. */
struct lg_fold_options fold_options(lg_u32 metrics, lg_u32 metric);

void test_format(const char *fixtures);
void test_page(void);
void test_merge(void);
void test_decode(const char *fixtures);
void test_window(void);
void test_folders(void);
void test_classes(void);
void test_declared(const char *fixtures, const char *spans);

#endif
