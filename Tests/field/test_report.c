/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#define _GNU_SOURCE 1
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "field_check.h"
#include "report.h"

/* Of another writer, which knows the format from its description alone. */
static const char vector[] =
	"4c5201010773636865642d37000102030405060708090a0b0c0d0e0fac02010a323032362e31312e3239056174"
	"6c6173f0b81e5ad8040502ac06802800040301210003011900abfbffc9967ac7ffaf312d03d896800000000000"
	"0000000000000001000121076465763d7364610000ffc0070500000083c008239d492d";

static struct lg_campaign campaign = {.id = "sched-7", .sha256 = {0, 1, 2, 3, 4, 5, 6, 7}};

static struct lg_report_histogram *histograms(void)
{
	struct lg_report_histogram *all = calloc(3, sizeof(*all));

	all[0] =
		(struct lg_report_histogram){.metric = 1, .attach = 0x21, .lost = 3, .censored = 1};
	all[0].buckets[100] = 1;
	all[0].buckets[101] = 7;
	all[0].buckets[102] = 300;
	all[0].buckets[104] = 5000000;
	all[0].buckets[110] = 2;
	all[1] = (struct lg_report_histogram){.metric = 1, .attach = 0x21, .label = "dev=sda"};
	all[2] = (struct lg_report_histogram){.metric = 7, .attach = 0x05};
	all[2].buckets[527] = 1;
	return all;
}

static struct lg_report example(const struct lg_report_histogram *all)
{
	return (struct lg_report){.campaign = &campaign,
				  .incarnation = {8, 9, 10, 11, 12, 13, 14, 15},
				  .sequence = 300,
				  .arm = 1,
				  .build = "2026.11.29",
				  .model = "atlas",
				  .started_s = 498800ULL * 3600 + 1799,
				  .uptime_s = 90 * 60 + 59,
				  .window_s = 600,
				  .flags = LG_REPORT_CUT_SHORT | LG_REPORT_CHARGING,
				  .lost_reports = 2,
				  .cpu_ms = 812,
				  .memory_kib = 5120,
				  .histograms = all,
				  .histogram_count = 3};
}

static void test_bytes(void)
{
	struct lg_report_histogram *all = histograms();
	struct lg_report report = example(all);
	struct lg_buffer out = {0};
	uint8_t should[sizeof(vector) / 2], id[LG_REPORT_ID];
	char hex[2 * LG_REPORT_ID + 1];

	sodium_hex2bin(should, sizeof(should), vector, sizeof(vector) - 1, NULL, NULL, NULL);
	lg_report_write_as(&out, &report, LG_HIST_SUB_BITS);
	check("report", "the bytes that another writer made",
	      out.size == sizeof(should) && !memcmp(out.data, should, out.size));
	lg_report_id(&out, id);
	sodium_bin2hex(hex, sizeof(hex), id, sizeof(id));
	check("report", "its id", !strcmp(hex, "73ce2a9f6665a3a8b905a462996e63b0"));
	report.flags = LG_REPORT_UNCOUNTED;
	lg_report_write_as(&out, &report, LG_HIST_SUB_BITS);
	/* Behind the window of 600 s. */
	check("report", "that programs were not counted",
	      memmem(out.data, out.size, "\xd8\x04\x08\x02", 4));
	report.build = "a\nb\x7f";
	lg_report_write_as(&out, &report, LG_HIST_SUB_BITS);
	check("report", "control characters are not sent",
	      out.size > 50 && memmem(out.data, out.size, "\4a?b?\5atlas", 11));
	lg_buffer_free(&out);
	free(all);
}

/* Both edges of every bucket are in one bucket of the coarser layout. */
static void test_layouts(void)
{
	struct lg_report_histogram *one = calloc(1, sizeof(*one));
	struct lg_report report = example(one);
	struct lg_buffer out = {0};
	size_t wrong = 0;

	report.histogram_count = 1;
	for (uint8_t sub_bits = 0; sub_bits < LG_HIST_SUB_BITS; sub_bits++) {
		for (lg_u64 value = 1; value <= LG_HIST_MAX_VALUE; value += 1 + value / 3) {
			lg_u32 msb = lg_msb(value), shift = msb > sub_bits ? msb - sub_bits : 0;
			lg_u32 should = (shift << sub_bits) + (lg_u32)(value >> shift);
			size_t at;

			memset(one->buckets, 0, sizeof(one->buckets));
			one->buckets[lg_bucket(value)] = 1;
			lg_report_write_as(&out, &report, sub_bits);
			/* Behind it are the span, one count and the CRC. */
			at = out.size - 4 - 3;
			wrong += ((lg_u32)out.data[at] << 2 | out.data[at + 1] >> 6) != should;
		}
	}
	check("report", "a value is in the bucket that a coarser layout has for it", !wrong);
	lg_buffer_free(&out);
	free(one);
}

static void test_size(void)
{
	struct lg_report_histogram *all = calloc(LG_REPORT_HISTOGRAMS, sizeof(*all));
	struct lg_report report = example(all);
	struct lg_buffer out = {0};
	uint64_t seed = 1;

	for (size_t i = 0; i < LG_REPORT_HISTOGRAMS; i++) {
		all[i].metric = (uint32_t)i;
		all[i].attach = 0x05;
		/* 40 buckets that are next to each other, as latencies have them. */
		for (lg_u32 b = 0; b < 40; b++) {
			seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
			all[i].buckets[200 + b] =
				1 + (seed >> 40) % (b < 20 ? b * 50 + 1 : 40 * 50);
		}
	}
	report.histogram_count = 12;
	check("report", "12 histograms of 40 buckets", lg_report_write(&out, &report));
	printf("note report: 12 histograms of 40 buckets are %zu bytes\n", out.size);
	check("report", "are at most 600 bytes", out.size <= 600);
	report.histogram_count = LG_REPORT_HISTOGRAMS;
	for (size_t i = 0; i < LG_REPORT_HISTOGRAMS; i++)
		for (lg_u32 b = 0; b < LG_HIST_BUCKETS; b++)
			all[i].buckets[b] = 1 + b % 2;
	check("report", "what is too long is made coarser",
	      lg_report_write(&out, &report) && out.size <= LG_REPORT_MOST);
	for (size_t i = 0; i < LG_REPORT_HISTOGRAMS; i++)
		memset(all[i].label, 'x', LG_REPORT_LABEL - 1);
	check("report", "or is not made", !lg_report_write(&out, &report));
	lg_buffer_free(&out);
	free(all);
}

void test_report(void)
{
	test_bytes();
	test_layouts();
	test_size();
}
