/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Every judged start ends in exactly one way; and what happens when a rule is taken away. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness.h"

/* The key of labels without room, as of LG_OTHER. */
static const lg_u32 OTHERS = ~0u;

/* Operations with every outcome, one after the other; see the numbers checked below. */
static void every_fate(const struct child *child)
{
	char byte;

	child_order(child, ORDER_NEXT, 1);
	child_order(child, ORDER_LONE_START, 1);
	child_order(child, ORDER_CANCELLED, 1);
	for (int bytes = 2; bytes <= 6; bytes++)
		child_order(child, ORDER_NEXT, bytes);
	/* The agent's own operation. */
	syscall(SYS_recvfrom, child->orders, &byte, 1, MSG_DONTWAIT, NULL, NULL);
}

void test_balance(const char *object)
{
	struct lg_engine *engine = engine_with(object, "h_operation", "n_operation");
	struct child child = child_start();
	const struct lg_counters *c;
	struct lg_error err;
	struct result r;

	printf("# balance: %s\n", object);
	lg_engine_scope(engine, child.pid);
	lg_engine_arm(engine, 255, &err);
	lg_engine_open(engine);
	every_fate(&child);
	lg_engine_drain(engine);
	lg_engine_close(engine);
	read_result(engine, 1, &r);
	c = &r.counters;
	check(c->started == 10 && c->recorded == 7, "starts and recorded ends", "%llu, %llu",
	      (unsigned long long)c->started, (unsigned long long)c->recorded);
	check(c->overwritten == 1, "a start replaced by another is overwritten", "%llu",
	      (unsigned long long)c->overwritten);
	check(c->cancelled == 1 && !c->map_full, "one is cancelled, and none lost for want of room",
	      "cancelled %llu map_full %llu", (unsigned long long)c->cancelled,
	      (unsigned long long)c->map_full);
	check(r.censored == 1 && balanced(&r), "what is left is in flight", "%llu",
	      (unsigned long long)r.censored);
	check(c->excluded == 1, "the agent's own operation is excluded", "%llu",
	      (unsigned long long)c->excluded);
	check(count_of(&r, 1) == 2 && count_of(&r, 2) == 1 && count_of(&r, 3) == 1 &&
		      count_of(&r, 4) == 1 && count_of(&r, OTHERS) == 2 && r.keys == 5,
	      "counts by label, and of two labels without room", "%zu keys", r.keys);
	for (size_t i = 0; i < r.keys; i++) {
		char name[LG_NAME_LEN];

		if (r.key[i] == OTHERS)
			continue;
		snprintf(name, sizeof(name), "label%u", r.key[i]);
		check(!strcmp(r.name[i], name), "label's name", "%s is not %s", r.name[i], name);
	}
	lg_engine_arm(engine, 1, &err);
	lg_engine_open(engine);
	child_order(&child, ORDER_NEXT, 6);
	child_order(&child, ORDER_NEXT, 6);
	lg_engine_drain(engine);
	lg_engine_close(engine);
	read_result(engine, 1, &r);
	check(r.keys == 1 && count_of(&r, 6) == 1 && r.counters.map_full == 0,
	      "labels of an earlier window take no room", "%zu keys, map_full %llu", r.keys,
	      (unsigned long long)r.counters.map_full);
	child_stop(&child);
	lg_engine_free(engine);
}

/* Opens a window on an object that lacks a rule and runs `orders` there. */
static int window_of(const char *object, const int *orders, struct result *r, struct lg_error *err)
{
	struct lg_engine *engine = engine_with(object, "h_operation", NULL);
	struct child child = child_start();
	int rc;

	lg_engine_scope(engine, child.pid);
	lg_engine_arm(engine, 1, err);
	/* Started while armed, ended in the window. */
	child_order(&child, ORDER_NEXT, 1);
	lg_engine_open(engine);
	for (; *orders; orders++)
		child_order(&child, *orders, 1);
	lg_engine_drain(engine);
	lg_engine_close(engine);
	rc = try_read(engine, 1, r, err);
	child_stop(&child);
	lg_engine_free(engine);
	return rc;
}

static void without_epochs(void)
{
	struct lg_engine *engine = engine_with("operation_epoch", "h_operation", NULL);
	struct child child = child_start();
	struct lg_error err;
	struct result r;

	lg_engine_scope(engine, child.pid);
	for (int window = 0; window < 2; window++) {
		lg_engine_arm(engine, 1, &err);
		lg_engine_open(engine);
		child_order(&child, ORDER_NEXT, 1);
		lg_engine_drain(engine);
		lg_engine_close(engine);
		read_result(engine, 1, &r);
		pass_ms(40);
	}
	check(r.counters.recorded == 1 && r.hist[0].max >= 40000000ULL,
	      "without epochs a stale stamp gives a false sample", "recorded %llu",
	      (unsigned long long)r.counters.recorded);
	child_stop(&child);
	lg_engine_free(engine);
}

/* Values outside the histogram's range, and times that run backwards. */
void test_extremes(void)
{
	static const int two[] = {ORDER_NEXT, ORDER_NEXT, ORDER_NEXT, 0};
	struct lg_error err;
	struct result r;

	printf("# extremes\n");
	check(!window_of("operation_late", two, &r, &err) && r.counters.recorded == 2 &&
		      r.counters.clamped == 2,
	      "longer than 2^36 ns: recorded and counted as clamped", "clamped %llu",
	      (unsigned long long)r.counters.clamped);
	check(r.keys == 1 && r.hist[0].max == LG_HIST_MAX_VALUE &&
		      r.hist[0].sum == 2 * LG_HIST_MAX_VALUE &&
		      r.hist[0].buckets[LG_HIST_BUCKETS - 1] == 2,
	      "as the largest value", "max %llu", (unsigned long long)r.hist[0].max);
	check(!window_of("operation_early", two, &r, &err) && r.counters.recorded == 0 &&
		      r.counters.negative == 2 && r.counters.cancelled == 2 && balanced(&r),
	      "an end before its start is discarded and cancelled", "negative %llu",
	      (unsigned long long)r.counters.negative);
}

void test_mutants(void)
{
	static const int next[] = {ORDER_NEXT, 0};
	static const int lone[] = {ORDER_LONE_START, 0};
	static const int two[] = {ORDER_NEXT, ORDER_NEXT, 0};
	struct lg_error err;
	struct result r;

	printf("# mutants\n");
	without_epochs();
	check(!window_of("operation", next, &r, &err) && r.counters.recorded == 0 &&
		      r.counters.before_window == 1,
	      "started while armed, ended inside: not recorded", "recorded %llu",
	      (unsigned long long)r.counters.recorded);
	check(!window_of("operation_phase", next, &r, &err) && r.counters.recorded == 1,
	      "judged by the state at its end, it would be", "recorded %llu",
	      (unsigned long long)r.counters.recorded);
	check(!window_of("operation", lone, &r, &err) && r.censored == 1, "overwritten: one left",
	      "%llu censored", (unsigned long long)r.censored);
	check(!window_of("operation_overwrite", lone, &r, &err) && r.censored == 2,
	      "without counting overwritten ones, two seem left", "%llu censored",
	      (unsigned long long)r.censored);
	check(window_of("operation_broken", two, &r, &err) && err.code == LG_ERR_INCONSISTENT,
	      "a count that its buckets do not make up is refused", "code %u", err.code);
}
