/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The rules of the window, one by one, on an operation with nothing else to it
 * (fsync of one thread): arm 100, open 200, drain 300, close 400.
 */
#include <errno.h>
#include <string.h>

#include "check.h"

static struct lg_fold *new_fold(void)
{
	struct lg_fold_options options = fold_options(0, FSYNC_LATENCY);
	struct lg_fold *fold = lg_fold_new(&options);

	lg_fold_arm(fold, 100);
	lg_fold_open(fold, 200);
	lg_fold_drain(fold, 300);
	lg_fold_close(fold, 400);
	return fold;
}

static void give(struct lg_fold *fold, lg_u32 number, lg_u64 ns, lg_u32 tid)
{
	struct lg_trace_event event = {
		.kind = LG_EVENT_KINDS, .declared = number, .time_ns = ns, .tid = tid};

	lg_fold_event(fold, &event);
}

static void enter(struct lg_fold *fold, lg_u64 ns, lg_u32 tid)
{
	give(fold, EXT4_FSYNC_ENTER, ns, tid);
}

static void leave(struct lg_fold *fold, lg_u64 ns, lg_u32 tid)
{
	give(fold, EXT4_FSYNC_EXIT, ns, tid);
}

static struct lg_fold_result result_of(struct lg_fold *fold)
{
	struct lg_fold_result result = {0};

	check_number("the result is there", lg_fold_result(fold, FSYNC_LATENCY, &result), 0);
	return result;
}

/* Every counter but those named is 0; the offsets are not looked at. */
static bool only(const struct lg_counters *c, const struct lg_counters *expected)
{
	struct lg_counters is = *c;

	is.start_offset_sum = is.end_offset_sum = 0;
	return !memcmp(&is, expected, sizeof(is));
}

#define CHECK_ONLY(name, fold, ...)                                                                \
	do {                                                                                       \
		struct lg_fold_result r = result_of(fold);                                         \
		struct lg_counters e = {__VA_ARGS__};                                              \
		check(name, only(&r.counters, &e));                                                \
	} while (0)

static void test_edges(void)
{
	struct lg_fold *fold = new_fold();

	enter(fold, 99, 1);
	leave(fold, 101, 1);
	CHECK_ONLY("before arm nothing is stamped, while arming no end is missed", fold, 0);
	enter(fold, 100, 2);
	leave(fold, 250, 2);
	CHECK_ONLY("a start in the pre-roll is not judged", fold, .before_window = 1);
	lg_fold_free(fold);

	fold = new_fold();
	enter(fold, 199, 1);
	enter(fold, 200, 2);
	enter(fold, 299, 3);
	enter(fold, 300, 4);
	leave(fold, 310, 1);
	leave(fold, 310, 2);
	leave(fold, 399, 3);
	leave(fold, 399, 4);
	CHECK_ONLY("the phase is that of the start, edges included", fold, .started = 2,
		   .recorded = 2, .before_window = 1, .after_window = 1);
	lg_fold_free(fold);

	fold = new_fold();
	leave(fold, 150, 1);
	leave(fold, 250, 1);
	leave(fold, 350, 1);
	leave(fold, 400, 1);
	enter(fold, 400, 1);
	CHECK_ONLY("ends without a start, from open to close", fold, .no_start = 2);
	lg_fold_free(fold);
}

static void test_losses(void)
{
	struct lg_fold *fold = new_fold();
	struct lg_fold_result result;

	enter(fold, 210, 1);
	enter(fold, 220, 1);
	leave(fold, 260, 1);
	CHECK_ONLY("a start over a start", fold, .started = 2, .recorded = 1, .overwritten = 1);
	enter(fold, 250, 2);
	enter(fold, 270, 3);
	leave(fold, 400, 2);
	result = result_of(fold);
	check_number("what is left is censored", result.censored, 2);
	check_number("with its age at close", result.censored_age_sum_ns, 150 + 130);
	check_number("and in flight", lg_fold_in_flight(fold), 2);
	lg_fold_free(fold);

	fold = new_fold();
	enter(fold, 250, 1);
	leave(fold, 240, 1);
	CHECK_ONLY("an end before its start", fold, .started = 1, .cancelled = 1, .negative = 1);
	check_number("nothing is in flight", lg_fold_in_flight(fold), 0);
	lg_fold_free(fold);
}

static void test_values(void)
{
	struct lg_fold *fold = new_fold();
	struct lg_fold_label label;
	lg_u64 total = 0;

	lg_fold_arm(fold, 1000);
	lg_fold_open(fold, 1000);
	for (lg_u32 i = 0; i < 5; i++) {
		enter(fold, 2000, i + 1);
		leave(fold, 2000 + (1ull << 8 * i), i + 1);
	}
	enter(fold, 1ull << 33, 9);
	leave(fold, (1ull << 33) + (1ull << 36), 9);
	lg_fold_drain(fold, 1ull << 40);
	lg_fold_close(fold, 1ull << 40);
	CHECK_ONLY("values beyond the histogram are clamped", fold, .started = 6, .recorded = 6,
		   .clamped = 1);
	check("one label", lg_fold_label_count(fold, FSYNC_LATENCY) == 1 &&
				   lg_fold_label(fold, FSYNC_LATENCY, 0, &label) &&
				   !lg_fold_label(fold, FSYNC_LATENCY, 1, &label));
	for (int i = 0; i < LG_HIST_BUCKETS; i++)
		total += label.hist->buckets[i];
	check("buckets make up the count", total == 6 && label.hist->count == 6);
	check_number("the maximum", label.hist->max, LG_HIST_MAX_VALUE);
	check_number("the sum", label.hist->sum,
		     1 + (1 << 8) + (1 << 16) + (1 << 24) + (1ull << 32) + LG_HIST_MAX_VALUE);
	check_number("a bucket", label.hist->buckets[lg_bucket(1 << 16)], 1);
	check("the key's bytes",
	      label.key_size == 8 && !memcmp(label.key, "\0\0\0\0\1\0\0\0", 8) && !label.name);
	lg_fold_free(fold);
}

static void test_turns(void)
{
	struct lg_fold_options options = fold_options(0, FSYNC_LATENCY);
	struct lg_fold *fold = lg_fold_new(&options);
	struct lg_fold_result result;

	check("open needs arm", lg_fold_open(fold, 1) == -EINVAL);
	lg_fold_arm(fold, 100);
	check("close needs drain", lg_fold_close(fold, 200) == -EINVAL);
	check("no step back", lg_fold_open(fold, 99) == -EINVAL);
	check("the result waits for close", lg_fold_result(fold, FSYNC_LATENCY, &result) == -EBUSY);
	check("no other metric's result",
	      lg_fold_result(fold, LG_FOLD_RUNQUEUE_WAIT, &result) == -EINVAL);
	lg_fold_open(fold, 150);
	enter(fold, 160, 1);
	check_number("streaming: in flight", lg_fold_in_flight(fold), 1);
	check("a moment earlier than an event", lg_fold_drain(fold, 159) == -EINVAL);
	lg_fold_drain(fold, 170);
	check("a moment is set once", lg_fold_drain(fold, 180) == -EINVAL);
	leave(fold, 175, 1);
	lg_fold_close(fold, 200);
	check_number("and drained", lg_fold_in_flight(fold), 0);
	CHECK_ONLY("moments set as they come", fold, .started = 1, .recorded = 1);

	check("a window in the past", lg_fold_arm(fold, 174) == -EINVAL);
	lg_fold_arm(fold, 300);
	lg_fold_open(fold, 300);
	leave(fold, 310, 1);
	lg_fold_drain(fold, 320);
	lg_fold_close(fold, 320);
	CHECK_ONLY("a second window starts from nothing", fold, .no_start = 1);
	check_number("its histograms, too", lg_fold_label_count(fold, FSYNC_LATENCY), 0);
	lg_fold_free(fold);
	options.metrics = ~0u;
	check("metrics that are none", !lg_fold_new(&options));
	lg_fold_free(NULL);
}

void test_window(void)
{
	test_edges();
	test_losses();
	test_values();
	test_turns();
}
