/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Pages built byte by byte, as kernel/trace/ring_buffer.c writes them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

#define MISSED_EVENTS (1u << 31)
#define MISSED_STORED (1u << 30)

static void test_times(void)
{
	struct page_builder builder;
	struct lg_trace_record record;
	struct lg_page page;

	page_begin(&builder, 1000);
	page_data(&builder, 5, "abcd", 4);
	page_word(&builder, 7u << 5 | 30); /* TIME_EXTEND: 7 + 2 * 2^27 */
	page_word(&builder, 2);
	page_data(&builder, 1, "efgh", 4);
	page_word(&builder, 9u << 5 | 31); /* TIME_STAMP: 9 + 3 * 2^27 */
	page_word(&builder, 3);
	page_data(&builder, 0, "ijkl", 4);
	page_end(&builder, 0);
	check("a page opens", lg_page_open(&page, &layout_64, builder.bytes, 4096));
	check("a record", lg_page_next(&page, &record) == LG_PAGE_RECORD && record.size == 4 &&
				  !memcmp(record.data, "abcd", 4));
	check_number("time adds up", record.time_ns, 1005);
	lg_page_next(&page, &record);
	check_number("a time extend adds", record.time_ns, 1005 + 7 + (2ull << 27) + 1);
	lg_page_next(&page, &record);
	check_number("an absolute time replaces", record.time_ns, 9 + (3ull << 27));
	check("the page ends", lg_page_next(&page, &record) == LG_PAGE_END);
}

static void test_absolute_upper_bits(void)
{
	lg_u64 begin = (5ull << 59) + (1ull << 58);
	struct page_builder builder;
	struct lg_trace_record record;
	struct lg_page page;

	page_begin(&builder, begin);
	page_word(&builder, 1u << 5 | 31);
	page_word(&builder, 1u << 31); /* 2^58 + 1 */
	page_data(&builder, 0, "abcd", 4);
	page_word(&builder, 2u << 5 | 31); /* less than before: wrapped */
	page_word(&builder, 0);
	page_data(&builder, 0, "abcd", 4);
	page_end(&builder, 0);
	lg_page_open(&page, &layout_64, builder.bytes, 4096);
	lg_page_next(&page, &record);
	check_number("upper bits of an absolute time", record.time_ns, begin + 1);
	lg_page_next(&page, &record);
	check_number("an absolute time that wrapped", record.time_ns, (6ull << 59) + 2);
}

static void test_lengths(void)
{
	unsigned char large[200];
	struct page_builder builder;
	struct lg_trace_record record;
	struct lg_page page;

	memset(large, 'x', sizeof(large));
	page_begin(&builder, 0);
	page_data(&builder, 1, large, sizeof(large));
	page_word(&builder, 2u << 5 | 29); /* a discarded event: 8 bytes after the header */
	page_word(&builder, 8);
	page_word(&builder, 0xdeadbeef);
	page_data(&builder, 3, "tail", 4);
	page_word(&builder, 29); /* padding to the end of the page */
	page_word(&builder, 0xffffffff);
	page_end(&builder, 0);
	lg_page_open(&page, &layout_64, builder.bytes, 4096);
	check("a large event", lg_page_next(&page, &record) == LG_PAGE_RECORD &&
				       record.size == 200 && record.data[199] == 'x');
	check("a discarded event is passed over",
	      lg_page_next(&page, &record) == LG_PAGE_RECORD && !memcmp(record.data, "tail", 4));
	check_number("its time counts", record.time_ns, 6);
	check("padding ends the page", lg_page_next(&page, &record) == LG_PAGE_END);
}

static void test_missed(void)
{
	struct page_builder builder;
	struct lg_page page;

	page_begin(&builder, 0);
	page_data(&builder, 0, "abcd", 4);
	page_end(&builder, MISSED_EVENTS);
	lg_page_open(&page, &layout_64, builder.bytes, 4096);
	check("missed events, not counted", page.missed && page.missed_events == 0);
	page_end(&builder, MISSED_EVENTS | MISSED_STORED);
	builder.bytes[16 + 8] = 77;
	lg_page_open(&page, &layout_64, builder.bytes, 4096);
	check_number("missed events, counted", page.missed_events, 77);
	lg_page_open(&page, &layout_64, builder.bytes, 16 + 8 + 4);
	check("a count beyond the bytes is not read", page.missed && !page.missed_events);
}

static void test_32_bits(void)
{
	unsigned char bytes[4096] = {0};
	struct lg_trace_record record;
	struct lg_page page;

	bytes[0] = 50;
	bytes[8] = 8;
	bytes[11] = 0xc0; /* both flags */
	bytes[12] = 1 << 5 | 1;
	memcpy(bytes + 16, "abcd", 4);
	bytes[20] = 3; /* behind the committed 8 bytes */
	bytes[24] = 0xff; /* would be read with 8 bytes */
	check("a 32-bit page opens", lg_page_open(&page, &layout_32, bytes, 4096));
	check_number("its missed events", page.missed_events, 3);
	check("its record", lg_page_next(&page, &record) == LG_PAGE_RECORD &&
				    record.time_ns == 51 && !memcmp(record.data, "abcd", 4));
}

static void test_corrupt(void)
{
	static const lg_u32 words[][2] = {
		{28, 0}, {0, 3}, {0, 0xffffffff}, {0, 100}, {30, 0}, {2u << 5 | 29, 0},
	};
	struct page_builder builder;
	struct lg_trace_record record;
	struct lg_page page;
	bool corrupt = true;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		page_begin(&builder, 0);
		page_word(&builder, words[i][0]);
		if (words[i][0] != 30)
			page_word(&builder, words[i][1]);
		page_end(&builder, 0);
		lg_page_open(&page, &layout_64, builder.bytes, 16 + builder.used);
		corrupt = corrupt && lg_page_next(&page, &record) == LG_PAGE_CORRUPT &&
			  lg_page_next(&page, &record) == LG_PAGE_END;
	}
	check("lengths that leave the page are corrupt", corrupt);
	page_begin(&builder, 0);
	page_end(&builder, 4081);
	check("a commit beyond the page is refused",
	      !lg_page_open(&page, &layout_64, builder.bytes, 4096));
	page_end(&builder, 100);
	check("a commit beyond the bytes is refused",
	      !lg_page_open(&page, &layout_64, builder.bytes, 115));
	check("half a header is refused", !lg_page_open(&page, &layout_64, builder.bytes, 15));
}

void test_page(void)
{
	test_times();
	test_absolute_upper_bits();
	test_lengths();
	test_missed();
	test_32_bits();
	test_corrupt();
}

static void add_page(struct lg_merge *merge, lg_u32 cpu, lg_u64 time_ns, const char *text,
		     lg_u32 flags)
{
	struct page_builder builder;

	page_begin(&builder, time_ns);
	for (; *text; text += 4)
		page_data(&builder, 10, text, 4);
	page_end(&builder, flags);
	lg_merge_page(merge, cpu, builder.bytes, sizeof(builder.bytes));
}

static bool next_is(struct lg_merge *merge, lg_u64 until, lg_u32 cpu, const char *text)
{
	struct lg_trace_record record;
	lg_u32 from;

	return lg_merge_next(merge, until, &from, &record) && from == cpu &&
	       !memcmp(record.data, text, 4);
}

static void test_merge_bounds(void)
{
	struct lg_merge *merge = lg_merge_new(&layout_64, 1, 200);
	struct page_builder builder;
	struct lg_merge_stats stats;
	struct lg_trace_record record;
	lg_u32 cpu;
	int rc;

	page_begin(&builder, 0);
	page_data(&builder, 1, "aaaa", 4);
	page_end(&builder, 0);
	check("a page finds room", !lg_merge_page(merge, 0, builder.bytes, 4096));
	do
		rc = lg_merge_page(merge, 0, builder.bytes, 4096);
	while (!rc);
	lg_merge_stats(merge, &stats);
	check("beyond the limit a page is refused and counted",
	      rc == -ENOMEM && stats.refused_pages == 1 && !lg_merge_complete(&stats));
	check("no such CPU", lg_merge_page(merge, 1, builder.bytes, 4096) == -EINVAL);
	while (lg_merge_next(merge, ~0ull, &cpu, &record))
		;
	check_number("memory comes back", lg_merge_waiting_bytes(merge), 0);
	lg_merge_free(merge);
	lg_merge_free(NULL);
}

void test_merge(void)
{
	struct lg_merge *merge = lg_merge_new(&layout_64, 3, 1 << 20);
	struct lg_merge_stats stats;
	struct lg_trace_record record;
	lg_u32 cpu;

	add_page(merge, 0, 100, "a110a120", 0);
	add_page(merge, 2, 105, "c115c125", 0);
	add_page(merge, 0, 130, "a140", 0);
	check("the earliest of all CPUs", next_is(merge, 120, 0, "a110"));
	check("then the other's", next_is(merge, 120, 2, "c115"));
	check("up to the limit", next_is(merge, 120, 0, "a120"));
	check("and not beyond", !lg_merge_next(merge, 120, &cpu, &record));
	add_page(merge, 1, 112, "b122", MISSED_EVENTS);
	check("a later page of a silent CPU", next_is(merge, 200, 1, "b122"));
	check("goes on", next_is(merge, 200, 2, "c125") && next_is(merge, 200, 0, "a140"));
	check("ends", !lg_merge_next(merge, ~0ull, &cpu, &record));
	lg_merge_stats(merge, &stats);
	check("a gap makes it incomplete", stats.missed_places == 1 && !lg_merge_complete(&stats));
	check("in order", stats.disordered == 0 && stats.records == 6 && stats.pages == 4);
	add_page(merge, 1, 0, "old ", 0);
	lg_merge_next(merge, ~0ull, &cpu, &record);
	lg_merge_stats(merge, &stats);
	check("too late is counted", stats.disordered == 1);
	lg_merge_free(merge);
	test_merge_bounds();
}
