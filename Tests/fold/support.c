/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

const struct lg_page_layout layout_64 = {
	.timestamp_offset = 0,
	.commit_offset = 8,
	.commit_size = 8,
	.data_offset = 16,
	.data_size = 4080,
};
const struct lg_page_layout layout_32 = {
	.timestamp_offset = 0,
	.commit_offset = 8,
	.commit_size = 4,
	.data_offset = 12,
	.data_size = 4084,
};

void check(const char *name, bool good)
{
	printf("%s fold: %s\n", good ? "ok" : "FAILED", name);
}

void check_number(const char *name, unsigned long long is, unsigned long long should)
{
	check(name, is == should);
	if (is != should)
		printf("  is %llu, should be %llu\n", is, should);
}

char *read_whole(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	char *data;
	long end;

	if (!file || fseek(file, 0, SEEK_END) || (end = ftell(file)) < 0) {
		perror(path);
		exit(2);
	}
	rewind(file);
	*size = (size_t)end;
	data = malloc(*size + 1);
	if (!data || fread(data, 1, *size, file) != *size) {
		perror(path);
		exit(2);
	}
	data[*size] = 0;
	fclose(file);
	return data;
}

static void put_u32(unsigned char *at, lg_u32 value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (unsigned char)(value >> 8 * i);
}

void page_begin(struct page_builder *page, lg_u64 time_ns)
{
	memset(page, 0, sizeof(*page));
	put_u32(page->bytes, (lg_u32)time_ns);
	put_u32(page->bytes + 4, (lg_u32)(time_ns >> 32));
}

void page_word(struct page_builder *page, lg_u32 word)
{
	put_u32(page->bytes + 16 + page->used, word);
	page->used += 4;
}

void page_data(struct page_builder *page, lg_u32 delta, const void *data, size_t size)
{
	size_t padded = (size + 3) / 4 * 4;

	if (padded && padded <= 28 * 4) {
		page_word(page, delta << 5 | (lg_u32)(padded / 4));
	} else {
		page_word(page, delta << 5);
		page_word(page, (lg_u32)size + 4);
	}
	memcpy(page->bytes + 16 + page->used, data, size);
	page->used += padded;
}

void page_end(struct page_builder *page, lg_u32 flags)
{
	put_u32(page->bytes + 8, (lg_u32)page->used | flags);
}

static struct lg_declared *tables;

struct lg_declared *shipped_tables(const char *spans)
{
	static const char *const names[] = {"fsync.latency", "hardirq.run", "reclaim.direct"};
	struct lg_declared *declared = lg_declared_new();

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *fault = "";
		char path[512];
		size_t size;
		char *bytes;

		snprintf(path, sizeof(path), "%s/%s.spans", spans, names[i]);
		bytes = read_whole(path, &size);
		if (lg_declared_add(declared, (unsigned char *)bytes, size, &fault) != (int)i) {
			fprintf(stderr, "%s: %s\n", path, fault);
			exit(2);
		}
		free(bytes);
	}
	tables = declared;
	return declared;
}

struct lg_fold_options fold_options(lg_u32 metrics, lg_u32 metric)
{
	static lg_u32 present[LG_DECLARED_EVENTS];
	static lg_u8 wanted[LG_DECLARED_METRICS];

	for (size_t i = 0; i < LG_DECLARED_EVENTS; i++)
		present[i] = LG_DECLARED_PRESENT | 0xff;
	for (size_t i = 0; i < LG_DECLARED_METRICS; i++)
		wanted[i] = metric == LG_FOLD_METRICS + i;
	return (struct lg_fold_options){
		.metrics = metrics, .declared = tables, .wanted = wanted, .present = present};
}
