/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace_merge.h"

struct waiting_page {
	struct waiting_page *next;
	struct lg_page page;
	size_t size;
	unsigned char bytes[];
};

struct stream {
	struct waiting_page *first, *last;
	struct lg_trace_record record; /* the next one, when has_record */
	bool has_record;
};

struct lg_merge {
	struct lg_page_layout layout;
	struct lg_merge_stats stats;
	size_t max_bytes, bytes;
	lg_u64 given_ns; /* of the last record given out */
	lg_u32 cpus;
	struct stream streams[];
};

bool lg_merge_complete(const struct lg_merge_stats *stats)
{
	return !(stats->missed_events || stats->missed_places || stats->corrupt_pages ||
		 stats->refused_pages || stats->disordered);
}

struct lg_merge *lg_merge_new(const struct lg_page_layout *layout, lg_u32 cpus, size_t max_bytes)
{
	struct lg_merge *merge;

	if (cpus > 1 << 16)
		return NULL;
	merge = calloc(1, sizeof(*merge) + cpus * sizeof(merge->streams[0]));
	if (!merge)
		return NULL;
	merge->layout = *layout;
	merge->cpus = cpus;
	merge->max_bytes = max_bytes;
	return merge;
}

static void drop_page(struct lg_merge *merge, struct stream *stream)
{
	struct waiting_page *page = stream->first;

	stream->first = page->next;
	if (!stream->first)
		stream->last = NULL;
	merge->bytes -= page->size;
	free(page);
}

void lg_merge_free(struct lg_merge *merge)
{
	if (!merge)
		return;
	for (lg_u32 cpu = 0; cpu < merge->cpus; cpu++) {
		while (merge->streams[cpu].first)
			drop_page(merge, &merge->streams[cpu]);
	}
	free(merge);
}

int lg_merge_page(struct lg_merge *merge, lg_u32 cpu, const unsigned char *bytes, size_t size)
{
	struct waiting_page *waiting;
	struct stream *stream;
	struct lg_page page;
	size_t used;

	if (cpu >= merge->cpus)
		return -EINVAL;
	merge->stats.pages++;
	if (!lg_page_open(&page, &merge->layout, bytes, size)) {
		merge->stats.corrupt_pages++;
		return -EINVAL;
	}
	if (page.missed) {
		merge->stats.missed_places++;
		merge->stats.missed_events += page.missed_events;
	}
	if (!page.size)
		return 0;
	used = sizeof(*waiting) + page.size;
	if (used > merge->max_bytes - merge->bytes) {
		merge->stats.refused_pages++;
		return -ENOMEM;
	}
	waiting = malloc(used);
	if (!waiting) {
		merge->stats.refused_pages++;
		return -ENOMEM;
	}
	memcpy(waiting->bytes, page.bytes, page.size);
	waiting->page = page;
	waiting->page.bytes = waiting->bytes;
	waiting->size = used;
	waiting->next = NULL;
	merge->bytes += used;
	stream = &merge->streams[cpu];
	if (stream->last)
		stream->last->next = waiting;
	else
		stream->first = waiting;
	stream->last = waiting;
	return 0;
}

/* Moves to the stream's next record; pages that are through are freed. */
static void fill(struct lg_merge *merge, struct stream *stream)
{
	while (!stream->has_record && stream->first) {
		switch (lg_page_next(&stream->first->page, &stream->record)) {
		case LG_PAGE_RECORD:
			stream->has_record = true;
			break;
		case LG_PAGE_CORRUPT:
			merge->stats.corrupt_pages++;
			drop_page(merge, stream);
			break;
		case LG_PAGE_END:
			drop_page(merge, stream);
			break;
		}
	}
}

bool lg_merge_next(struct lg_merge *merge, lg_u64 until_ns, lg_u32 *cpu,
		   struct lg_trace_record *record)
{
	struct stream *earliest = NULL;

	for (lg_u32 i = 0; i < merge->cpus; i++) {
		struct stream *stream = &merge->streams[i];

		fill(merge, stream);
		if (stream->has_record &&
		    (!earliest || stream->record.time_ns < earliest->record.time_ns))
			earliest = stream;
	}
	if (!earliest || earliest->record.time_ns > until_ns)
		return false;
	*cpu = (lg_u32)(earliest - merge->streams);
	*record = earliest->record;
	earliest->has_record = false;
	merge->stats.records++;
	if (record->time_ns < merge->given_ns)
		merge->stats.disordered++;
	else
		merge->given_ns = record->time_ns;
	return true;
}

size_t lg_merge_waiting_bytes(const struct lg_merge *merge)
{
	return merge->bytes;
}

void lg_merge_stats(const struct lg_merge *merge, struct lg_merge_stats *out)
{
	*out = merge->stats;
}
