/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Counts, values and rows of single events; and a look at an open window. */
#define _GNU_SOURCE 1
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness.h"

enum { COUNTED = 1, VALUES, ROWS, STACKS, METRICS, FULL_LENGTH = 64 };

struct seen {
	struct lg_count count, others;
	size_t labels;
	struct lg_hist_sum hist;
	struct row {
		lg_u64 time_ns, bytes;
		char comm[LG_COMM_LEN];
	} rows[16];
	size_t row_count;
	struct lg_count stacked; /* of all stacks */
	size_t stacks, kernel_frames, user_frames; /* the fewest frames */
	bool lost;
	struct lg_counters counters[METRICS];
};

static int see_histogram(void *arg, lg_u32 id, const void *key, size_t key_size, const char *name,
			 const struct lg_hist_sum *hist)
{
	(void)key, (void)key_size, (void)name;
	((struct seen *)arg)->hist = *hist;
	return id != VALUES;
}

static int see_count(void *arg, lg_u32 id, const void *key, size_t key_size, const char *name,
		     const struct lg_count *count)
{
	struct seen *seen = arg;

	(void)name;
	if (key_size == 4 && *(const lg_u32 *)key == ~0u)
		seen->others = *count;
	else
		seen->count = *count;
	seen->labels++;
	return id != COUNTED || key_size != 4 ||
	       (*(const lg_u32 *)key != FULL_LENGTH && *(const lg_u32 *)key != ~0u);
}

static int see_rows(void *arg, lg_u32 id, const void *rows, size_t row_size, size_t count)
{
	struct seen *seen = arg;

	if (id != ROWS || row_size != sizeof(struct row) || seen->row_count + count > 16)
		return -1;
	memcpy(seen->rows + seen->row_count, rows, count * row_size);
	seen->row_count += count;
	return 0;
}

static int see_stack(void *arg, lg_u32 id, const struct lg_stack *stack)
{
	struct seen *seen = arg;

	if (!seen->stacks++ || stack->kernel_frames < seen->kernel_frames)
		seen->kernel_frames = stack->kernel_frames;
	if (seen->stacks == 1 || stack->user_frames < seen->user_frames)
		seen->user_frames = stack->user_frames;
	seen->stacked.count += stack->count.count;
	seen->stacked.sum += stack->count.sum;
	seen->lost |= stack->lost;
	return id != STACKS || stack->key_size;
}

static int see_counters(void *arg, lg_u32 id, const struct lg_counters *sum, lg_u64 censored,
			lg_u64 age)
{
	((struct seen *)arg)->counters[id] = *sum;
	return censored || age;
}

static struct lg_engine *loaded(void)
{
	static const struct lg_metric_def metrics[] = {
		{.id = COUNTED, .map = "c_calls", .kind = LG_KIND_COUNTER},
		{.id = VALUES, .map = "h_bytes", .counters_index = 1},
		{.id = ROWS, .map = "e_calls", .counters_index = 2, .kind = LG_KIND_EVENTS},
		{.id = STACKS, .map = "k_calls", .counters_index = 3, .kind = LG_KIND_STACKS},
	};
	struct lg_engine *engine = engine_or_exit();
	struct lg_error err = {0};
	size_t size;
	void *object = object_bytes("results", &size);

	if (lg_engine_load(engine, "results", object, size, metrics, 4, NULL, NULL, NULL, &err) ||
	    lg_engine_attach(engine, &err)) {
		printf("Bail out! results: %s\n# %s\n", err.text, err.log);
		exit(2);
	}
	free(object);
	return engine;
}

static void look(struct lg_engine *engine, struct seen *seen, bool open)
{
	const struct lg_reader reader = {seen,	   see_histogram, see_count,
					 see_rows, see_stack,	  see_counters};
	struct lg_error err = {0};

	memset(seen, 0, sizeof(*seen));
	check(!(open ? lg_engine_look : lg_engine_read)(engine, &reader, &err), "it can be read",
	      "%s", err.text);
}

/* A metric whose map is of another kind is refused. */
static void test_kinds(void)
{
	static const struct {
		struct lg_metric_def def;
		const char *wrong;
	} cases[] = {
		{{.id = 1, .map = "h_bytes", .kind = LG_KIND_COUNTER}, "no count map"},
		{{.id = 1, .map = "c_calls"}, "no histogram map"},
		{{.id = 1, .map = "c_calls", .kind = LG_KIND_EVENTS}, "no row map"},
		{{.id = 1, .map = "c_calls", .kind = LG_KIND_STACKS}, "no stack map"},
		{{.id = 1, .map = "e_calls", .kind = LG_KINDS}, "no known kind"},
		{{.id = 1, .map = "e_calls", .counters_index = 9, .kind = LG_KIND_EVENTS},
		 "layout"},
	};
	size_t size;
	void *object = object_bytes("results", &size);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct lg_engine *engine = engine_or_exit();
		struct lg_error err = {0};
		int rc = lg_engine_load(engine, "results", object, size, &cases[i].def, 1, NULL,
					NULL, NULL, &err);

		check(rc && strstr(err.text, cases[i].wrong), "a map of another kind is refused",
		      "%s", err.text);
		lg_engine_free(engine);
	}
	free(object);
}

void test_results(void)
{
	struct lg_engine *engine = loaded();
	struct child child;
	struct lg_error err = {0};
	struct seen seen;
	cpu_set_t before, one;
	char byte;

	printf("# results\n");
	test_kinds();
	/* Rows are bounded on each CPU. */
	sched_getaffinity(0, sizeof(before), &before);
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
	child = child_start();
	lg_engine_scope(engine, child.pid);
	for (int window = 0; window < 2; window++) {
		lg_engine_arm(engine, 1, &err);
		child_order(&child, ORDER_NEXT, 1);
		lg_engine_open(engine);
		child_order(&child, ORDER_NEXT, 1);
		child_order(&child, ORDER_NEXT, 1);
		look(engine, &seen, true);
		check(seen.count.count == 2 && seen.hist.count == 2 && seen.row_count == 2,
		      "an open window may be looked at", "%llu, %llu, %zu",
		      (unsigned long long)seen.count.count, (unsigned long long)seen.hist.count,
		      seen.row_count);
		/* Another label, which has no room; and a value below 0. */
		child_order(&child, ORDER_THREAD, 1);
		for (int i = 0; i < 3; i++)
			child_order(&child, ORDER_NEXT, 1);
		syscall(SYS_recvfrom, child.orders, &byte, 1, MSG_DONTWAIT, NULL, NULL);
		lg_engine_drain(engine);
		child_order(&child, ORDER_NEXT, 1);
		lg_engine_close(engine);
		look(engine, &seen, false);
		check(seen.count.count == 6 && seen.count.sum == 6 * FULL_LENGTH &&
			      seen.labels == 2,
		      "counts and sums of the window alone", "%llu, %llu",
		      (unsigned long long)seen.count.count, (unsigned long long)seen.count.sum);
		check(seen.counters[COUNTED].started == 7 && seen.counters[COUNTED].recorded == 7 &&
			      !seen.counters[COUNTED].map_full && seen.others.count == 1 &&
			      seen.others.sum == 1,
		      "a label without room counts among others", "started %llu",
		      (unsigned long long)seen.counters[COUNTED].started);
		check(seen.hist.count == 6 && seen.hist.sum == 6 * FULL_LENGTH &&
			      seen.hist.max == FULL_LENGTH &&
			      seen.hist.buckets[lg_bucket(FULL_LENGTH)] == 6 &&
			      seen.counters[VALUES].negative == 1,
		      "values of events, none below 0", "%llu",
		      (unsigned long long)seen.hist.count);
		check(seen.row_count == 4 && seen.counters[ROWS].recorded == 7,
		      "rows up to the bound; the others are recorded without", "%zu",
		      seen.row_count);
		check(seen.rows[0].bytes == FULL_LENGTH && seen.rows[2].bytes == 1 &&
			      !strcmp(seen.rows[2].comm, "another") &&
			      seen.rows[0].time_ns < seen.rows[3].time_ns,
		      "the first ones, in order", "%llu", (unsigned long long)seen.rows[2].bytes);
		check(seen.stacked.count == 7 && seen.stacked.sum == 6 * FULL_LENGTH + 1 &&
			      seen.stacks >= 2 && !seen.lost && seen.counters[STACKS].recorded == 7,
		      "every event has its stack", "%llu in %zu stacks",
		      (unsigned long long)seen.stacked.count, seen.stacks);
		check(seen.kernel_frames && seen.user_frames, "of the kernel and of the process",
		      "%zu and %zu frames", seen.kernel_frames, seen.user_frames);
		check(seen.counters[ROWS].excluded == 1, "the agent's own are left out", "%llu",
		      (unsigned long long)seen.counters[ROWS].excluded);
	}
	check(lg_engine_look(engine, &(struct lg_reader){0}, &err), "a closed window is not open",
	      "%s", err.text);
	child_stop(&child);
	sched_setaffinity(0, sizeof(before), &before);
	lg_engine_free(engine);
}
