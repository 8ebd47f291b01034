/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include "report.h"

#include <string.h>

#include <sodium.h>

#include "attribute.h"
#include "durable.h"
#include "sparse_buckets.h"

enum { VERSION = 1, NO_EVENTS = 1023, INDEX_BITS = 10, ESCAPE = 12, LENGTH_BITS = 6 };

/* ---- bits, the most significant first */

struct bits {
	struct lg_buffer *out;
	uint8_t part;
	int used;
};

static void put_bits(struct bits *bits, uint64_t value, int count)
{
	while (count--) {
		bits->part = (uint8_t)(bits->part << 1 | (value >> count & 1));
		if (++bits->used < 8)
			continue;
		lg_buffer_append(bits->out, &bits->part, 1);
		bits->used = 0;
	}
}

static void end_bits(struct bits *bits)
{
	while (bits->used)
		put_bits(bits, 0, 1);
}

static int bit_length(uint64_t value)
{
	return value ? (int)lg_msb(value) + 1 : 0;
}

/* ---- buckets */

/* The lower edge of a bucket of the probes' layout is in the coarser bucket that holds all of it. */
static uint32_t coarser(uint32_t bucket, uint32_t sub_bits)
{
	uint32_t octave = bucket >> LG_HIST_SUB_BITS;
	uint32_t shift = octave ? octave - 1 : 0;
	uint64_t value = (uint64_t)(bucket - (shift << LG_HIST_SUB_BITS)) << shift;
	uint32_t msb = lg_msb(value), down = msb > sub_bits ? msb - sub_bits : 0;

	return (down << sub_bits) + (uint32_t)(value >> down);
}

static void put_count(struct bits *bits, uint64_t count, uint64_t *previous, uint64_t *mean)
{
	uint64_t p = *previous, z = count, q;
	uint64_t distance = count > p ? count - p : p - count;
	int k = *mean ? (int)lg_msb(*mean) : 0;

	/* Zigzag while the difference can be negative, then plain. */
	if (distance <= p)
		z = count > p ? 2 * distance - 1 : 2 * distance;
	q = z >> k;
	if (q < ESCAPE) {
		put_bits(bits, (1U << (q + 1)) - 2, (int)q + 1);
		put_bits(bits, z, k);
	} else {
		put_bits(bits, (1U << ESCAPE) - 1, ESCAPE);
		put_bits(bits, (uint64_t)bit_length(z), LENGTH_BITS);
		put_bits(bits, z, bit_length(z));
	}
	*mean = (*mean + z) / 2;
	*previous = count;
}

static void put_buckets(struct lg_buffer *out, const uint64_t *fine, uint32_t sub_bits)
{
	uint64_t buckets[LG_HIST_BUCKETS] = {0}, previous = 0, mean = 1;
	struct bits bits = {.out = out};
	uint32_t first = NO_EVENTS, last = 0;

	for (uint32_t i = 0; i < LG_HIST_BUCKETS; i++) {
		if (!fine[i])
			continue;
		last = coarser(i, sub_bits);
		buckets[last] += fine[i];
		if (first == NO_EVENTS)
			first = last;
	}
	put_bits(&bits, first, INDEX_BITS);
	if (first != NO_EVENTS) {
		put_bits(&bits, last - first, INDEX_BITS);
		for (uint32_t i = first; i <= last; i++)
			put_count(&bits, buckets[i], &previous, &mean);
	}
	end_bits(&bits);
}

/* ---- the rest */

static void put_number(struct lg_buffer *out, uint64_t value, uint64_t below)
{
	lg_append_leb128(out, value < below ? value : below - 1);
}

/* Control characters are not part of any text there. */
static void put_text(struct lg_buffer *out, const char *text, size_t most)
{
	size_t size = strnlen(text, most);

	lg_append_leb128(out, size);
	for (size_t i = 0; i < size; i++) {
		char c = text[i] < 0x20 || text[i] > 0x7e ? '?' : text[i];

		lg_buffer_append(out, &c, 1);
	}
}

static void put_head(struct lg_buffer *out, const struct lg_report *report)
{
	uint8_t magic[] = {0x4c, 0x52, VERSION,
			   report->reason ? LG_REPORT_STOPPED : LG_REPORT_MEASURED};

	lg_buffer_append(out, magic, sizeof(magic));
	put_text(out, report->campaign->id, 63);
	lg_buffer_append(out, report->campaign->sha256, 8);
	lg_buffer_append(out, report->incarnation, sizeof(report->incarnation));
	lg_append_leb128(out, report->sequence);
	put_number(out, report->arm, 256);
	put_text(out, *report->build ? report->build : "unknown", LG_BUILD_TEXT - 1);
	put_text(out, report->model, LG_MODEL_TEXT - 1);
	put_number(out, report->started_s / 3600, 1 << 24);
	put_number(out, report->uptime_s / 60, 1 << 24);
	put_number(out, report->window_s, 604801);
	put_number(out, report->flags, 16);
	put_number(out, report->lost_reports, 1ULL << 32);
	put_number(out, report->cpu_ms, 1ULL << 32);
	put_number(out, report->memory_kib, 1ULL << 32);
	put_number(out, report->reason, 256);
}

static void put_histogram(struct lg_buffer *out, const struct lg_report_histogram *histogram,
			  uint32_t sub_bits)
{
	lg_append_leb128(out, histogram->metric);
	lg_buffer_append(out, &histogram->attach, 1);
	put_text(out, histogram->label, LG_REPORT_LABEL - 1);
	put_number(out, histogram->lost, 1ULL << 40);
	put_number(out, histogram->censored, 1ULL << 40);
	put_buckets(out, histogram->buckets, sub_bits);
}

void lg_report_write_as(struct lg_buffer *out, const struct lg_report *report, uint8_t sub_bits)
{
	uint8_t crc[4];

	lg_buffer_reset(out);
	put_head(out, report);
	lg_buffer_append(out, &sub_bits, 1);
	lg_append_leb128(out, report->histogram_count);
	for (size_t i = 0; i < report->histogram_count; i++)
		put_histogram(out, &report->histograms[i], sub_bits);
	lg_store_le(crc, lg_crc32(0, out->data, out->size), 4);
	lg_buffer_append(out, crc, sizeof(crc));
}

bool lg_report_write(struct lg_buffer *out, const struct lg_report *report)
{
	for (int sub_bits = LG_REPORT_SUB_BITS; sub_bits >= 0; sub_bits--) {
		lg_report_write_as(out, report, (uint8_t)sub_bits);
		if (out->failed)
			return false;
		if (out->size <= LG_REPORT_MOST)
			return true;
	}
	return false;
}

void lg_report_id(const struct lg_buffer *report, uint8_t id[LG_REPORT_ID])
{
	uint8_t hash[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(hash, report->data, report->size);
	memcpy(id, hash, LG_REPORT_ID);
}
