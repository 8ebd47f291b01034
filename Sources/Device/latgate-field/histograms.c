/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include "histograms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attribute.h"

enum { FTRACE = 5, PINNED = 6, UNKNOWN = 0xff };

/* As reports number them, from 1 on. */
static const char *const rungs[] = {"tp_btf", "raw_tp", "tracepoint", "kprobe", "ftrace"};

bool lg_histograms_new(struct lg_histograms *histograms, const struct lg_campaign *campaign)
{
	*histograms = (struct lg_histograms){.keys = campaign->keys};
	histograms->all = calloc(LG_REPORT_HISTOGRAMS, sizeof(*histograms->all));
	return histograms->all;
}

void lg_histograms_free(struct lg_histograms *histograms)
{
	free(histograms->all);
	histograms->all = NULL;
}

void lg_histograms_begin(struct lg_histograms *histograms, const struct lg_bundle_request *request)
{
	histograms->loading = request;
}

static struct lg_report_histogram *find(struct lg_histograms *histograms, uint32_t metric,
					const char *label)
{
	for (size_t i = 0; i < histograms->count; i++) {
		if (histograms->all[i].metric == metric && !strcmp(histograms->all[i].label, label))
			return &histograms->all[i];
	}
	return NULL;
}

static struct lg_report_histogram *make(struct lg_histograms *histograms, uint32_t metric,
					const char *label, uint8_t attach)
{
	struct lg_report_histogram *at = find(histograms, metric, label);

	if (at || histograms->count == LG_REPORT_HISTOGRAMS)
		return at;
	at = &histograms->all[histograms->count++];
	at->metric = metric;
	at->attach = attach;
	snprintf(at->label, sizeof(at->label), "%s", label);
	return at;
}

static uint8_t rung_number(const struct lg_attr *attr)
{
	for (uint8_t i = 0; i < sizeof(rungs) / sizeof(rungs[0]); i++) {
		if (attr->value.left == strlen(rungs[i]) &&
		    !memcmp(attr->value.at, rungs[i], attr->value.left))
			return i + 1;
	}
	return 0;
}

/* The lowest of a probe's hooks stands for its metrics. */
void lg_histograms_hook(void *arg, const struct lg_frame *frame)
{
	struct lg_histograms *histograms = arg;
	const struct lg_bundle_request *request = histograms->loading;
	struct lg_cursor payload = frame->payload;
	struct lg_attr attr;
	uint8_t rung = 0, tier = 0;

	while (frame->type == LG_MSG_HOOK && lg_attr_next(&payload, &attr) == LG_ATTR_FOUND) {
		if (attr.type == LG_ATTR_RUNG)
			rung = rung_number(&attr);
	}
	if (request->type == LG_MSG_LOAD_PINNED) {
		tier = 1;
		rung = PINNED;
	} else if (request->type == LG_MSG_LOAD) {
		tier = 2;
	}
	for (uint32_t i = 0; rung && i < request->metric_count; i++) {
		struct lg_report_histogram *at =
			make(histograms, request->metrics[i], "", (uint8_t)(tier << 4 | rung));

		if (at && (at->attach & 0xf) < rung)
			at->attach = (uint8_t)(tier << 4 | rung);
	}
}

void lg_histograms_drop(struct lg_histograms *histograms)
{
	const struct lg_bundle_request *request = histograms->loading;
	size_t kept = 0;

	for (size_t i = 0; i < histograms->count; i++) {
		bool dropped = false;

		for (uint32_t n = 0; n < request->metric_count; n++)
			dropped |= histograms->all[i].metric == request->metrics[n];
		if (!dropped)
			histograms->all[kept++] = histograms->all[i];
	}
	memset(histograms->all + kept, 0, (histograms->count - kept) * sizeof(*histograms->all));
	histograms->count = kept;
}

static bool add_buckets(struct lg_report_histogram *to, struct lg_cursor in)
{
	uint64_t pair[2], bucket = 0;

	while (in.left) {
		for (int i = 0; i < 2; i++) {
			const uint8_t *byte;
			int shift = 0;

			pair[i] = 0;
			do {
				if (shift > 63 || !lg_cursor_take(&in, 1, &byte))
					return false;
				pair[i] |= (uint64_t)(*byte & 0x7f) << shift;
				shift += 7;
			} while (*byte & 0x80);
		}
		bucket += pair[0];
		if (bucket >= LG_HIST_BUCKETS)
			return false;
		to->buckets[bucket] += pair[1];
	}
	return true;
}

/* Labels have the names that the firmware gives them, never numbers of this device alone. */
static void read_histogram(struct lg_histograms *histograms, struct lg_cursor payload)
{
	struct lg_report_histogram *all, *at;
	struct lg_cursor buckets = {0};
	char label[LG_REPORT_LABEL] = "";
	uint32_t metric = UINT32_MAX;
	struct lg_attr attr;

	while (lg_attr_next(&payload, &attr) == LG_ATTR_FOUND) {
		if (attr.type == LG_ATTR_METRIC_ID)
			lg_attr_u32(&attr, &metric);
		if (attr.type == LG_ATTR_BUCKETS)
			buckets = attr.value;
		if (attr.type == LG_ATTR_LABEL_NAME && histograms->keys)
			snprintf(label, sizeof(label), "name=%.*s", (int)attr.value.left,
				 (const char *)attr.value.at);
	}
	all = find(histograms, metric, "");
	/* More labels than a report has room for are counted together. */
	at = all && *label ? make(histograms, metric, label, all->attach) : all;
	if (!at)
		at = all;
	if (!at || !add_buckets(at, buckets))
		histograms->damaged = true;
}

static void read_counters(struct lg_histograms *histograms, struct lg_cursor payload)
{
	struct lg_counters counters = {0};
	struct lg_report_histogram *at;
	uint64_t censored = 0;
	uint32_t metric = UINT32_MAX;
	struct lg_attr attr;

	while (lg_attr_next(&payload, &attr) == LG_ATTR_FOUND) {
		if (attr.type == LG_ATTR_METRIC_ID)
			lg_attr_u32(&attr, &metric);
		if (attr.type == LG_ATTR_CENSORED)
			lg_attr_u64(&attr, &censored);
		/* Agent and reader are one program: the bytes are the struct's own. */
		if (attr.type == LG_ATTR_COUNTER_VALUES && attr.value.left == sizeof(counters))
			memcpy(&counters, attr.value.at, sizeof(counters));
	}
	at = find(histograms, metric, "");
	if (!at) {
		histograms->damaged = true;
		return;
	}
	at->lost = counters.overwritten + counters.null_storage + counters.map_full +
		   counters.negative;
	at->censored = censored;
}

static void read_window(struct lg_histograms *histograms, struct lg_cursor payload)
{
	struct lg_attr attr;

	while (lg_attr_next(&payload, &attr) == LG_ATTR_FOUND)
		histograms->damaged |= attr.type == LG_ATTR_TRACE_FAULT;
}

void lg_histograms_read(void *arg, const struct lg_frame *frame)
{
	struct lg_histograms *histograms = arg;

	switch (frame->type) {
	case LG_MSG_HISTOGRAM:
		read_histogram(histograms, frame->payload);
		break;
	case LG_MSG_COUNTERS:
		read_counters(histograms, frame->payload);
		break;
	case LG_MSG_WINDOW:
		read_window(histograms, frame->payload);
		break;
	}
}

static int in_order(const void *a, const void *b)
{
	const struct lg_report_histogram *one = a, *other = b;

	if (one->metric != other->metric)
		return one->metric < other->metric ? -1 : 1;
	return strcmp(one->label, other->label);
}

size_t lg_histograms_list(struct lg_histograms *histograms, const struct lg_report_histogram **out)
{
	qsort(histograms->all, histograms->count, sizeof(*histograms->all), in_order);
	*out = histograms->all;
	return histograms->damaged ? 0 : histograms->count;
}
