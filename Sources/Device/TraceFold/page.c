/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include <string.h>

#include "bytes.h"
#include "trace_page.h"

/* enum ring_buffer_type and the event header, include/linux/ring_buffer.h. */
enum {
	TYPE_LEN_BITS = 5,
	TYPE_DATA_MAX = 28,
	TYPE_PADDING = 29,
	TYPE_TIME_EXTEND = 30,
	TYPE_TIME_STAMP = 31,
	TIME_SHIFT = 27,
	HEADER = 4, /* type_len:5, time_delta:27 */
	WORD = 4,
};

/* In the commit word, kernel/trace/ring_buffer.c. */
#define MISSED_EVENTS (1u << 31)
#define MISSED_STORED (1u << 30)
#define COMMIT_MASK (MISSED_STORED - 1)

/* An absolute time has 59 bits; the rest comes from the time before it. */
#define ABSOLUTE_BITS 59
#define ABSOLUTE_MASK ((1ULL << ABSOLUTE_BITS) - 1)

bool lg_page_open(struct lg_page *page, const struct lg_page_layout *layout,
		  const unsigned char *bytes, size_t size)
{
	lg_u32 commit_word;
	size_t commit, room;

	memset(page, 0, sizeof(*page));
	if (size < layout->data_offset)
		return false;
	room = size - layout->data_offset;
	/* The flags are in the low 32 bits on 64-bit kernels, too. */
	commit_word = lg_bytes_u32(bytes + layout->commit_offset);
	commit = commit_word & COMMIT_MASK;
	if (commit > room || commit > layout->data_size)
		return false;
	page->bytes = bytes + layout->data_offset;
	page->size = commit;
	page->time_ns = lg_bytes_number(bytes + layout->timestamp_offset, 8);
	page->missed = commit_word & MISSED_EVENTS;
	if (page->missed && commit_word & MISSED_STORED && room - commit >= layout->commit_size)
		page->missed_events = lg_bytes_number(page->bytes + commit, layout->commit_size);
	return true;
}

static enum lg_page_state corrupt(struct lg_page *page)
{
	page->at = page->size;
	return LG_PAGE_CORRUPT;
}

static lg_u64 absolute_time(lg_u64 before, lg_u64 stamp)
{
	lg_u64 upper = before & ~ABSOLUTE_MASK;
	lg_u64 time = upper | (stamp & ABSOLUTE_MASK);

	/* Wrapped since: __rb_fix_abs_ts(). */
	if (upper && time < before)
		time += 1ULL << ABSOLUTE_BITS;
	return time;
}

enum lg_page_state lg_page_next(struct lg_page *page, struct lg_trace_record *record)
{
	for (;;) {
		size_t left = page->size - page->at, length;
		const unsigned char *event = page->bytes + page->at;
		lg_u32 header, type, delta, first = 0;

		if (!left)
			return LG_PAGE_END;
		if (left < HEADER)
			return corrupt(page);
		header = lg_bytes_u32(event);
		type = header & ((1u << TYPE_LEN_BITS) - 1);
		delta = header >> TYPE_LEN_BITS;
		if (type && type <= TYPE_DATA_MAX) {
			length = type * WORD;
			if (left < HEADER + length)
				return corrupt(page);
			page->at += HEADER + length;
			page->time_ns += delta;
			*record = (struct lg_trace_record){page->time_ns, event + HEADER, length};
			return LG_PAGE_RECORD;
		}
		/* Padding with no delta fills the rest of the page. */
		if (type == TYPE_PADDING && !delta) {
			page->at = page->size;
			return LG_PAGE_END;
		}
		if (left < HEADER + WORD)
			return corrupt(page);
		first = lg_bytes_u32(event + HEADER);
		if (type == TYPE_TIME_EXTEND || type == TYPE_TIME_STAMP) {
			lg_u64 time = (lg_u64)first << TIME_SHIFT | delta;

			page->time_ns = type == TYPE_TIME_STAMP ? absolute_time(page->time_ns, time)
								: page->time_ns + time;
			page->at += HEADER + WORD;
			continue;
		}
		/* Here and for discarded events, `first` is the length with itself. */
		length = first;
		if (length < WORD || length > left - HEADER)
			return corrupt(page);
		page->at += HEADER + (length + WORD - 1) / WORD * WORD;
		if (page->at > page->size)
			return corrupt(page);
		page->time_ns += delta;
		if (type == TYPE_PADDING)
			continue;
		*record = (struct lg_trace_record){page->time_ns, event + HEADER + WORD,
						   length - WORD};
		return LG_PAGE_RECORD;
	}
}
