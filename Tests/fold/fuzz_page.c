/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * libFuzzer target: the first byte chooses. Bit 0 clear: the rest is a format
 * file and a header_page. Set: pages of two CPUs, merged, decoded and folded.
 * Bit 2 too: before them a declaration, after a u16 that says how long it is.
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

static struct lg_decoder_field place(lg_u32 offset, lg_u32 size, bool dynamic)
{
	return (struct lg_decoder_field){
		.offset = offset,
		.size = size,
		.kind = dynamic ? LG_FIELD_DATA_LOC : LG_FIELD_FIXED,
		.is_signed = offset & 2,
	};
}

/* Each kind under its number as ID, fields at offsets that records may or may not have. */
static void every_kind(struct lg_decoder *decoder, const struct lg_declared *declared)
{
	lg_u32 events = declared ? lg_declared_events(declared) : 0;

	lg_decoder_init(decoder);
	for (lg_u32 number = 0; number < LG_EVENT_KINDS + events; number++) {
		struct lg_decoder_entry *entry = &decoder->entries[decoder->count++];

		entry->id = number;
		entry->type = place(0, 1, false);
		entry->tid = place(1, 1, false);
		entry->kind = number < LG_EVENT_KINDS ? number : LG_EVENT_KINDS;
		for (lg_u32 i = 0; i < 4; i++)
			entry->fields[i] = place(2 + 2 * i, i == 3 ? 4 : 2, false);
		/* One of the library's kinds is declared as well. */
		if (!events || (number && number < LG_EVENT_KINDS))
			continue;
		entry->declared = number ? number - LG_EVENT_KINDS + 1 : 1;
		entry->value_count = lg_declared_event(declared, entry->declared - 1)->field_count;
		entry->texts = lg_declared_event(declared, entry->declared - 1)->texts;
		for (lg_u32 i = 0; i < entry->value_count; i++)
			entry->values[i] = place(2 + i, i % 3 ? 1 : 4, entry->texts >> i & 1);
		decoder->present[entry->declared - 1] = LG_DECLARED_PRESENT | 0xff;
	}
}

static void fold_all(struct lg_merge *merge, const struct lg_declared *declared)
{
	struct lg_decoder decoder;
	struct lg_fold_options options = {.metrics = (1u << LG_FOLD_METRICS) - 1,
					  .declared = declared,
					  .present = decoder.present};
	struct lg_trace_record record;
	struct lg_fold_result result;
	struct lg_trace_event event;
	struct lg_fold *fold;
	lg_u32 cpu;

	every_kind(&decoder, declared);
	fold = lg_fold_new(&options);
	lg_fold_arm(fold, 10);
	lg_fold_open(fold, 100);
	lg_fold_drain(fold, 1ull << 40);
	lg_fold_close(fold, 1ull << 41);
	while (lg_merge_next(merge, ~0ull, &cpu, &record)) {
		if (lg_decode(&decoder, cpu, &record, &event) == LG_DECODED)
			lg_fold_event(fold, &event);
	}
	for (lg_u32 metric = 0; metric < lg_fold_metrics(fold); metric++) {
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

/* Takes what is said to be a declaration off the front; NULL when it is none. */
static struct lg_declared *declared_at(const unsigned char **data, size_t *size)
{
	struct lg_declared *declared = lg_declared_new();
	const char *fault = NULL;
	size_t length;

	if (*size < 2)
		return declared;
	length = (*data)[0] | (size_t)(*data)[1] << 8;
	*data += 2;
	*size -= 2;
	if (length > *size)
		length = *size;
	if (lg_declared_add(declared, *data, length, &fault) < 0 && !fault)
		abort();
	*data += length;
	*size -= length;
	return declared;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static const struct lg_page_layout layouts[2] = {
		{0, 8, 8, 16, 4080},
		{0, 8, 4, 12, 4084},
	};
	const unsigned char *pages = data + 1;
	struct lg_declared *declared = NULL;
	struct lg_merge *merge;
	size_t half;

	if (!size)
		return 0;
	if (!(data[0] & 1)) {
		read_texts((const char *)data + 1, size - 1);
		return 0;
	}
	merge = lg_merge_new(&layouts[data[0] >> 1 & 1], 2, 1 << 16);
	size--;
	if (data[0] & 4)
		declared = declared_at(&pages, &size);
	half = size / 2;
	lg_merge_page(merge, 0, pages, half);
	lg_merge_page(merge, 1, pages + half, size - half);
	fold_all(merge, declared);
	lg_merge_free(merge);
	lg_declared_free(declared);
	return 0;
}
