// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * The page cache: pages that reads take from it, and those that come and go.
 *
 * Functions that mark a page as used are called once for several pages, or for
 * several reads, since pages are in folios: counts of them are too low, and
 * nobody sees it. What a read takes is known by its range instead, and what
 * comes and goes by the record's own order.
 */
#define LG_METRICS 3
#define LG_NEST_LEVELS 4 /* pages leave in a softirq, too */
#include "probe.h"

enum {
	METRIC_READ = 0,
	METRIC_ADDED = 1,
	METRIC_REMOVED = 2,
	CLASSES = 3,
	MAX_READERS = 8192,
	PAGE_SHIFT = 12,
};

/* Where reads have an event of their own, functions are not asked. */
const volatile u32 lg_args_mm_filemap_get_pages;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct inode {
	u64 i_size;
};

struct address_space {
	struct inode *host;
};

struct kiocb {
	u64 ki_pos;
};

struct trace_event_raw_mm_filemap_op_page_cache {
	unsigned char order; /* since pages are in folios */
};

#pragma clang attribute pop

LG_COUNT_ARRAY(c_cachestat_read, CLASSES);
LG_COUNT_ARRAY(c_cachestat_added, CLASSES);
LG_COUNT_ARRAY(c_cachestat_removed, CLASSES);

struct reader {
	u64 mapping; /* or 0 */
	u64 first, last; /* pages; of a function: the byte where it begins */
};

/* By thread. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_READERS);
	__type(key, u32);
	__type(value, struct reader);
} s_cachestat SEC(".maps");

static __always_inline void count(void *map, u32 metric, u32 word, u64 pages)
{
	struct lg_counters *c = lg_metric(metric);
	u32 class_ = lg_class_current();

	if (lg_happens(word, class_, c))
		lg_record_count(lg_count_at(map, class_), pages, c);
}

/* Without room, a read is not counted, or one that asks again is counted twice. */
static __always_inline void keep(const struct reader *reader, u32 word)
{
	u32 tid = bpf_get_current_pid_tgid();
	struct lg_counters *c;

	if (!bpf_map_update_elem(&s_cachestat, &tid, reader, BPF_ANY) || !lg_judged(word))
		return;
	c = lg_metric(METRIC_READ);
	if (c)
		c->map_full++;
}

/* A read asks again for what is left of it, until it has all: the first time counts. */
static __always_inline void asked(struct address_space *mapping, u64 first, u64 last, u32 word)
{
	struct reader now = {.mapping = (u64)mapping, .first = first}, *before;
	struct inode *inode = lg_read_pointer(mapping, host);
	u64 size = lg_read(inode, i_size, false);
	u32 tid = bpf_get_current_pid_tgid();

	if (!size || first > (size - 1) >> PAGE_SHIFT)
		return;
	now.last = last < (size - 1) >> PAGE_SHIFT ? last : (size - 1) >> PAGE_SHIFT;
	before = bpf_map_lookup_elem(&s_cachestat, &tid);
	if (before && before->mapping == now.mapping && before->last == now.last &&
	    before->first < first) {
		before->first = first;
		return;
	}
	keep(&now, word);
	count(&c_cachestat_read, METRIC_READ, word, now.last - first + 1);
}

static __always_inline void begins(struct kiocb *kiocb, u32 word)
{
	struct reader reader = {.mapping = 1, .first = lg_read(kiocb, ki_pos, false)};

	keep(&reader, word);
}

static __always_inline void ends(s64 bytes, u32 word)
{
	u32 tid = bpf_get_current_pid_tgid();
	struct reader *reader = bpf_map_lookup_elem(&s_cachestat, &tid);

	if (reader && bytes > 0)
		count(&c_cachestat_read, METRIC_READ, word,
		      ((reader->first + bytes - 1) >> PAGE_SHIFT) - (reader->first >> PAGE_SHIFT) +
			      1);
	bpf_map_delete_elem(&s_cachestat, &tid);
}

LG_TRACEPOINT_PROGRAMS(mm_filemap_get_pages, opt0_mm_filemap_get_pages,
		       LG_NESTED(asked(mapping, first, last, word)), struct address_space *mapping,
		       unsigned long first, unsigned long last)

static __always_inline int on_read(struct pt_regs *ctx)
{
	if (lg_args_mm_filemap_get_pages)
		return 0;
	return LG_NESTED(begins((struct kiocb *)PT_REGS_PARM1(ctx), word));
}

static __always_inline int on_read_return(struct pt_regs *ctx)
{
	if (lg_args_mm_filemap_get_pages)
		return 0;
	return LG_NESTED(ends(PT_REGS_RC(ctx), word));
}

/* The function had another name before 5.12. */
SEC("kprobe/filemap_read")
int opt1_filemap_read__kprobe(struct pt_regs *ctx)
{
	return on_read(ctx);
}

SEC("kretprobe/filemap_read")
int opt1_filemap_read_return__kprobe(struct pt_regs *ctx)
{
	return on_read_return(ctx);
}

SEC("kprobe/generic_file_buffered_read")
int opt2_generic_file_buffered_read__kprobe(struct pt_regs *ctx)
{
	return on_read(ctx);
}

SEC("kretprobe/generic_file_buffered_read")
int opt2_generic_file_buffered_read_return__kprobe(struct pt_regs *ctx)
{
	return on_read_return(ctx);
}

static __always_inline u64 pages_of(struct trace_event_raw_mm_filemap_op_page_cache *ctx)
{
	if (bpf_core_field_exists(ctx->order))
		return 1ULL << (lg_read(ctx, order, true) & 31);
	return 1;
}

SEC("tracepoint/filemap/mm_filemap_add_to_page_cache")
int mm_filemap_add_to_page_cache__tracepoint(struct trace_event_raw_mm_filemap_op_page_cache *ctx)
{
	return LG_NESTED(count(&c_cachestat_added, METRIC_ADDED, word, pages_of(ctx)));
}

SEC("tracepoint/filemap/mm_filemap_delete_from_page_cache")
int mm_filemap_delete_from_page_cache__tracepoint(
	struct trace_event_raw_mm_filemap_op_page_cache *ctx)
{
	return LG_NESTED(count(&c_cachestat_removed, METRIC_REMOVED, word, pages_of(ctx)));
}
