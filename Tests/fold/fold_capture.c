/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Folds what Tests/fold/record wrote and prints it in the lines of
 * Tests/truth/truth_driver.c (without hooks and programs):
 *
 *   fold_capture [--arm NS --open NS --drain NS --close NS] [--agent TID] [--spans FOLDER]
 *                FOLDER
 *
 * --spans: metrics that are declared in the folder's *.spans as well.
 * Without moments the window is all that was recorded. Thread TID is the
 * agent's, so that what it forks is the workload; threads of session 0 are the
 * kernel's. Exits with 65 for a folder that cannot be read.
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace_fold.h"

enum { MAX_CPUS = 64, BAD_INPUT = 65 };

struct thread {
	lg_u32 tid, session;
};

struct capture {
	const char *folder, *spans;
	struct lg_declared *declared;
	struct lg_page_layout layout;
	struct lg_decoder decoder;
	struct lg_merge *merge;
	struct thread *threads;
	size_t thread_count;
	lg_u32 agent;
};

static void die(const char *path, const char *what)
{
	fprintf(stderr, "fold_capture: %s: %s\n", path, what);
	exit(BAD_INPUT);
}

static unsigned char *read_file(const char *folder, const char *name, size_t *size)
{
	unsigned char *data = NULL;
	char path[4096];
	size_t room = 0, got;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "rb");
	if (!file)
		die(path, strerror(errno));
	*size = 0;
	do {
		if (*size == room) {
			room = room ? room * 2 : 65536;
			data = realloc(data, room);
			if (!data)
				die(path, "out of memory");
		}
		got = fread(data + *size, 1, room - *size, file);
		*size += got;
	} while (got);
	fclose(file);
	return data;
}

static void read_layout(struct capture *capture)
{
	struct lg_trace_fault fault;
	size_t size;
	char *text = (char *)read_file(capture->folder, "header_page", &size);

	if (!lg_page_layout_parse(&capture->layout, text, size, &fault))
		die("header_page", fault.what);
	free(text);
}

static bool ends_with(const char *name, const char *end)
{
	const char *dot = strrchr(name, '.');

	return dot && !strcmp(dot, end);
}

static int by_name(const void *left, const void *right)
{
	return strcmp(left, right);
}

/* In the order of their names, so that the output is. */
static void read_spans(struct capture *capture)
{
	char names[LG_DECLARED_METRICS][256];
	DIR *folder = capture->spans ? opendir(capture->spans) : NULL;
	const struct dirent *entry;
	size_t count = 0;

	capture->declared = lg_declared_new();
	if (capture->spans && !folder)
		die(capture->spans, strerror(errno));
	while (folder && (entry = readdir(folder))) {
		if (ends_with(entry->d_name, ".spans") && count < LG_DECLARED_METRICS)
			snprintf(names[count++], sizeof(names[0]), "%s", entry->d_name);
	}
	if (folder)
		closedir(folder);
	qsort(names, count, sizeof(names[0]), by_name);
	for (size_t i = 0; i < count; i++) {
		const char *fault = "";
		size_t size;
		unsigned char *bytes = read_file(capture->spans, names[i], &size);

		if (lg_declared_add(capture->declared, bytes, size, &fault) < 0)
			die(names[i], fault);
		free(bytes);
	}
}

static void declare(struct capture *capture, const struct lg_trace_format *format)
{
	for (lg_u32 i = 0; i < lg_declared_events(capture->declared); i++) {
		if (!strcmp(lg_declared_event(capture->declared, i)->name, format->name))
			lg_decoder_declare(&capture->decoder, capture->declared, i, format, NULL);
	}
}

static void read_formats(struct capture *capture)
{
	DIR *folder = opendir(capture->folder);
	const struct dirent *entry;

	if (!folder)
		die(capture->folder, strerror(errno));
	lg_decoder_init(&capture->decoder);
	while ((entry = readdir(folder))) {
		struct lg_trace_format format;
		struct lg_trace_fault fault;
		const char *field = "";
		size_t size;
		char *text;

		if (!ends_with(entry->d_name, ".format"))
			continue;
		text = (char *)read_file(capture->folder, entry->d_name, &size);
		if (!lg_trace_format_parse(&format, text, size, &fault))
			die(entry->d_name, fault.what);
		if (lg_decoder_add(&capture->decoder, &format, &field) == LG_DECODER_MISSING)
			die(entry->d_name, field);
		declare(capture, &format);
		free(text);
	}
	closedir(folder);
}

static void read_threads(struct capture *capture)
{
	size_t size, used = 0;
	char *text = (char *)read_file(capture->folder, "threads", &size);

	capture->threads = calloc(size / 3 + 1, sizeof(*capture->threads));
	while (used < size) {
		struct thread *thread = &capture->threads[capture->thread_count];
		char line[64] = "";
		size_t length = 0;

		while (used < size && text[used] != '\n') {
			if (length < sizeof(line) - 1)
				line[length++] = text[used];
			used++;
		}
		used++;
		if (sscanf(line, "%u %u", &thread->tid, &thread->session) == 2)
			capture->thread_count++;
	}
	free(text);
}

/* What was seen last of a thread is nearest to the truth. */
static lg_u32 class_of(void *arg, lg_u32 tid)
{
	const struct capture *capture = arg;

	if (tid == capture->agent)
		return LG_CLASS_SELF;
	for (size_t i = capture->thread_count; i > 0; i--) {
		const struct thread *thread = &capture->threads[i - 1];

		if (thread->tid != tid)
			continue;
		return thread->session ? LG_CLASS_USER : LG_CLASS_KERNEL;
	}
	return LG_CLASS_UNKNOWN;
}

static void read_pages(struct capture *capture)
{
	size_t page = capture->layout.data_offset + capture->layout.data_size;

	capture->merge = lg_merge_new(&capture->layout, MAX_CPUS, (size_t)1 << 30);
	for (lg_u32 cpu = 0; cpu < MAX_CPUS; cpu++) {
		char path[4096], name[32];
		unsigned char *bytes;
		FILE *file;
		size_t size;

		snprintf(name, sizeof(name), "cpu%u.pages", cpu);
		snprintf(path, sizeof(path), "%s/%s", capture->folder, name);
		file = fopen(path, "rb");
		if (!file)
			continue;
		fclose(file);
		bytes = read_file(capture->folder, name, &size);
		for (size_t at = 0; at < size; at += page)
			lg_merge_page(capture->merge, cpu, bytes + at,
				      size - at < page ? size - at : page);
		free(bytes);
	}
}

static lg_u64 bucket_lower_ns(lg_u32 index)
{
	lg_u32 shift = index < 32 ? 0 : (index >> LG_HIST_SUB_BITS) - 1;

	return (lg_u64)(index - (shift << LG_HIST_SUB_BITS)) << shift;
}

static int by_key(const void *left, const void *right)
{
	const struct lg_fold_label *a = left, *b = right;

	return memcmp(a->key, b->key, a->key_size);
}

static void print_label(const char *metric, const struct lg_fold_label *label)
{
	const char *comma = "";

	printf("hist\t%s\t", metric);
	for (size_t i = 0; i + 4 <= label->key_size; i += 4) {
		lg_u32 word;

		memcpy(&word, label->key + i, 4);
		printf("%s%u", i ? "," : "", word);
	}
	printf("\t%s\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t", label->name ? label->name : "",
	       label->hist->count, label->hist->sum, label->hist->max);
	for (lg_u32 i = 0; i < LG_HIST_BUCKETS; i++) {
		if (!label->hist->buckets[i])
			continue;
		printf("%s%" PRIu64 ":%" PRIu64, comma, bucket_lower_ns(i),
		       label->hist->buckets[i]);
		comma = ",";
	}
	printf("\n");
}

static void print_metric(const struct lg_fold *fold, lg_u32 metric)
{
	const char *name = lg_fold_metric_name(fold, metric);
	struct lg_fold_label labels[256];
	struct lg_fold_result result;
	const struct lg_counters *c = &result.counters;
	size_t count = 0;

	if (lg_fold_result(fold, metric, &result))
		return;
	while (count < 256 && lg_fold_label(fold, metric, count, &labels[count]))
		count++;
	qsort(labels, count, sizeof(labels[0]), by_key);
	for (size_t i = 0; i < count; i++)
		print_label(name, &labels[i]);
	printf("counters\t%s\tstarted=%" PRIu64 " recorded=%" PRIu64 " overwritten=%" PRIu64
	       " cancelled=%" PRIu64 " before_window=%" PRIu64 " after_window=%" PRIu64
	       " no_start=%" PRIu64 " stale=%" PRIu64 " null_storage=%" PRIu64 " map_full=%" PRIu64
	       " clamped=%" PRIu64 " excluded=%" PRIu64 " negative=%" PRIu64 " censored=%" PRIu64
	       " censored_age=%" PRIu64 "\n",
	       name, c->started, c->recorded, c->overwritten, c->cancelled, c->before_window,
	       c->after_window, c->no_start, c->stale, c->null_storage, c->map_full, c->clamped,
	       c->excluded, c->negative, result.censored, result.censored_age_sum_ns);
}

static void fold_all(struct capture *capture, const lg_u64 moments[4])
{
	struct lg_fold_options options = {
		.metrics = lg_fold_possible((1u << LG_FOLD_METRICS) - 1, capture->decoder.known),
		.declared = capture->declared,
		.present = capture->decoder.present,
		.class_of = class_of,
		.arg = capture,
	};
	struct lg_fold *fold = lg_fold_new(&options);
	struct lg_trace_record record;
	struct lg_trace_event event;
	struct lg_merge_stats stats;
	lg_u64 short_records = 0;
	lg_u32 cpu;

	lg_fold_arm(fold, moments[0]);
	lg_fold_open(fold, moments[1]);
	lg_fold_drain(fold, moments[2]);
	lg_fold_close(fold, moments[3]);
	while (lg_merge_next(capture->merge, ~(lg_u64)0, &cpu, &record)) {
		switch (lg_decode(&capture->decoder, cpu, &record, &event)) {
		case LG_DECODED:
			lg_fold_event(fold, &event);
			break;
		case LG_DECODE_SHORT:
			short_records++;
			break;
		case LG_DECODE_OTHER:
			break;
		}
	}
	lg_merge_stats(capture->merge, &stats);
	printf("trace\tpages=%" PRIu64 " records=%" PRIu64 " missed=%" PRIu64 " places=%" PRIu64
	       " corrupt=%" PRIu64 " refused=%" PRIu64 " disordered=%" PRIu64 " short=%" PRIu64
	       " complete=%s\n",
	       stats.pages, stats.records, stats.missed_events, stats.missed_places,
	       stats.corrupt_pages, stats.refused_pages, stats.disordered, short_records,
	       lg_merge_complete(&stats) && !short_records ? "yes" : "no");
	for (lg_u32 metric = 0; metric < lg_fold_metrics(fold); metric++)
		print_metric(fold, metric);
	lg_fold_free(fold);
}

int main(int argc, char **argv)
{
	static const char *const names[] = {"--arm", "--open", "--drain", "--close"};
	lg_u64 moments[4] = {0, 0, (lg_u64)1 << 62, (lg_u64)1 << 62};
	struct capture capture = {.agent = ~0u};

	for (int i = 1; i < argc; i++) {
		size_t moment = 0;

		while (moment < 4 && strcmp(argv[i], names[moment]))
			moment++;
		if (moment < 4 && i + 1 < argc)
			moments[moment] = strtoull(argv[++i], NULL, 10);
		else if (!strcmp(argv[i], "--agent") && i + 1 < argc)
			capture.agent = (lg_u32)strtoul(argv[++i], NULL, 10);
		else if (!strcmp(argv[i], "--spans") && i + 1 < argc)
			capture.spans = argv[++i];
		else
			capture.folder = argv[i];
	}
	if (!capture.folder)
		die("usage", "fold_capture [--arm NS …] [--agent TID] FOLDER");
	read_layout(&capture);
	read_spans(&capture);
	read_formats(&capture);
	read_threads(&capture);
	read_pages(&capture);
	fold_all(&capture, moments);
	lg_declared_free(capture.declared);
	lg_merge_free(capture.merge);
	free(capture.threads);
	return 0;
}
