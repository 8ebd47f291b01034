/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * libFuzzer target: the first byte chooses. Even: the rest is a format file and
 * a header_page. Odd: pages of two CPUs, merged, decoded and folded.
 */
#include <stdlib.h>
#include <string.h>

#include "trace_fold.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void read_texts(const char *text, size_t size)
{
	struct lg_trace_format format;
	struct lg_page_layout layout;
	struct lg_trace_fault fault;
	struct lg_decoder decoder;

	lg_decoder_init(&decoder);
	if (lg_trace_format_parse(&format, text, size, &fault))
		lg_decoder_add(&decoder, &format, NULL);
	lg_page_layout_parse(&layout, text, size, &fault);
}

/* Each kind under its number as ID, fields at offsets that records may or may not have. */
static void every_kind(struct lg_decoder *decoder)
{
	lg_decoder_init(decoder);
	for (lg_u32 kind = 0; kind < LG_EVENT_KINDS; kind++) {
		struct lg_decoder_entry *entry = &decoder->entries[decoder->kinds++];

		entry->kind = entry->id = kind;
		entry->type = (struct lg_decoder_field){.offset = 0, .size = 1};
		entry->tid = (struct lg_decoder_field){.offset = 1, .size = 1};
		for (lg_u32 i = 0; i < 4; i++)
			entry->fields[i] = (struct lg_decoder_field){.offset = 2 + 2 * i,
								     .size = i == 3 ? 4 : 2};
		if (kind == LG_EVENT_IRQ_ENTRY)
			entry->fields[1] = (struct lg_decoder_field){
				.offset = 4, .size = 4, .kind = LG_FIELD_DATA_LOC};
	}
}

static void fold_all(struct lg_merge *merge)
{
	struct lg_fold_options options = {.metrics = (1u << LG_FOLD_METRICS) - 1};
	struct lg_fold *fold = lg_fold_new(&options);
	struct lg_trace_record record;
	struct lg_fold_result result;
	struct lg_trace_event event;
	struct lg_decoder decoder;
	lg_u32 cpu;

	every_kind(&decoder);
	lg_fold_arm(fold, 10);
	lg_fold_open(fold, 100);
	lg_fold_drain(fold, 1ull << 40);
	lg_fold_close(fold, 1ull << 41);
	while (lg_merge_next(merge, ~0ull, &cpu, &record)) {
		if (lg_decode(&decoder, cpu, &record, &event) == LG_DECODED)
			lg_fold_event(fold, &event);
	}
	for (lg_u32 metric = 0; metric < LG_FOLD_METRICS; metric++) {
		lg_u64 recorded = 0;
		struct lg_fold_label label;

		if (lg_fold_result(fold, metric, &result))
			abort();
		for (size_t i = 0; lg_fold_label(fold, metric, i, &label); i++)
			recorded += label.hist->count;
		/* What no input can break: nothing is counted twice or lost. */
		if (recorded != result.counters.recorded ||
		    result.counters.started != recorded + result.counters.overwritten +
						       result.counters.cancelled + result.censored)
			abort();
	}
	lg_fold_free(fold);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static const struct lg_page_layout layouts[2] = {
		{0, 8, 8, 16, 4080},
		{0, 8, 4, 12, 4084},
	};
	struct lg_merge *merge;
	size_t half;

	if (!size)
		return 0;
	if (!(data[0] & 1)) {
		read_texts((const char *)data + 1, size - 1);
		return 0;
	}
	merge = lg_merge_new(&layouts[data[0] >> 1 & 1], 2, 1 << 16);
	half = (size - 1) / 2;
	lg_merge_page(merge, 0, data + 1, half);
	lg_merge_page(merge, 1, data + 1 + half, size - 1 - half);
	fold_all(merge);
	lg_merge_free(merge);
	return 0;
}
