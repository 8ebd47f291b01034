/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The edges of a window: what is in it, what is not, and what is cut off. */
#include <stdio.h>

#include "harness.h"

static struct lg_engine *engine;
static struct child child;

static void open_window(void)
{
	struct lg_error err;

	if (lg_engine_arm(engine, 1, &err))
		check(false, "arm", "%s", err.text);
	lg_engine_open(engine);
}

static void close_window(struct result *result)
{
	lg_engine_drain(engine);
	lg_engine_close(engine);
	read_result(engine, 1, result);
}

static void operation_longer_than_the_window(void)
{
	lg_u64 before, after, closed, least, most;
	struct result r;

	open_window();
	before = now_ns();
	child_order(&child, ORDER_NEXT, 1);
	after = now_ns();
	pass_ms(30);
	check(lg_engine_in_flight(engine) == 1, "an operation without end is in flight", "%llu",
	      (unsigned long long)lg_engine_in_flight(engine));
	lg_engine_drain(engine);
	closed = lg_engine_close(engine);
	read_result(engine, 1, &r);
	check(r.counters.started == 1 && r.counters.recorded == 0 && r.keys == 0,
	      "an operation longer than the window is not recorded", "recorded %llu",
	      (unsigned long long)r.counters.recorded);
	least = closed - after;
	most = closed - before;
	check(r.censored == 1 && r.censored_age_ns >= least && r.censored_age_ns <= most,
	      "it is censored with its age", "%llu censored, age %llu not in %llu..%llu",
	      (unsigned long long)r.censored, (unsigned long long)r.censored_age_ns,
	      (unsigned long long)least, (unsigned long long)most);
	check(r.counters.no_start == 1, "the end of one begun before arming has no start",
	      "no_start %llu", (unsigned long long)r.counters.no_start);
}

static void stamp_of_an_earlier_window(void)
{
	struct result r;

	pass_ms(40);
	open_window();
	child_order(&child, ORDER_NEXT, 1);
	close_window(&r);
	/* A hash map of stamps is emptied on arm, task storage is not. */
	check(r.counters.recorded == 0 && r.counters.stale + r.counters.no_start == 1,
	      "a stamp of an earlier window gives no sample", "recorded %llu stale %llu",
	      (unsigned long long)r.counters.recorded, (unsigned long long)r.counters.stale);
	check(r.counters.started == 1 && balanced(&r), "the next operation counts as started",
	      "started %llu", (unsigned long long)r.counters.started);
}

static void phase_is_that_of_the_start(void)
{
	lg_u64 before, after, started, ended, value;
	struct lg_error err;
	struct result r;

	lg_engine_arm(engine, 2, &err);
	child_order(&child, ORDER_NEXT, 1);
	lg_engine_open(engine);
	before = now_ns();
	child_order(&child, ORDER_NEXT, 1);
	started = now_ns();
	pass_ms(5);
	lg_engine_drain(engine);
	ended = now_ns();
	child_order(&child, ORDER_NEXT, 1);
	after = now_ns();
	check(lg_engine_in_flight(engine) == 0, "nothing judged is in flight after the drain",
	      "%llu", (unsigned long long)lg_engine_in_flight(engine));
	child_order(&child, ORDER_NEXT, 1);
	lg_engine_close(engine);
	read_result(engine, 1, &r);
	check(r.counters.before_window == 1, "started while armed: not in the window",
	      "before_window %llu", (unsigned long long)r.counters.before_window);
	check(r.counters.after_window == 1, "started during drain: not in the window",
	      "after_window %llu", (unsigned long long)r.counters.after_window);
	value = r.keys == 1 ? r.hist[0].max : 0;
	check(r.keys == 1 && r.hist[0].count == 1 && r.hist[0].sum == value &&
		      r.hist[0].buckets[lg_bucket(value)] == 1 && value >= ended - started &&
		      value <= after - before,
	      "started inside, ended in drain: recorded with its duration",
	      "%zu keys, value %llu not in %llu..%llu", r.keys, (unsigned long long)value,
	      (unsigned long long)(ended - started), (unsigned long long)(after - before));
	check(balanced(&r) && r.censored == 0, "starts and ends balance", "censored %llu",
	      (unsigned long long)r.censored);
}

static void closed_window_sees_nothing(void)
{
	struct result before, after;

	read_result(engine, 1, &before);
	child_order(&child, ORDER_LONE_START, 1);
	child_order(&child, ORDER_NEXT, 1);
	read_result(engine, 1, &after);
	check(before.counters.started == after.counters.started &&
		      before.counters.recorded == after.counters.recorded &&
		      before.counters.no_start == after.counters.no_start,
	      "a closed window counts nothing", "started %llu",
	      (unsigned long long)after.counters.started);
}

static void out_of_order_requests(void)
{
	struct lg_error err = {0};
	struct result r;

	check(lg_engine_arm(engine, 0, &err) && err.code == LG_ERR_PROTOCOL, "phase 0 is refused",
	      "code %u", err.code);
	open_window();
	check(lg_engine_arm(engine, 1, &err) && err.code == LG_ERR_STATE,
	      "an open window cannot be armed", "code %u", err.code);
	check(try_read(engine, 1, &r, &err) && err.code == LG_ERR_STATE,
	      "an open window cannot be read", "code %u", err.code);
	check(lg_engine_attach(engine, &err) && err.code == LG_ERR_STATE,
	      "an open window cannot be attached to", "code %u", err.code);
	close_window(&r);
}

void test_window(const char *object)
{
	printf("# window: %s\n", object);
	engine = engine_with(object, "h_operation", "n_operation");
	child = child_start();
	lg_engine_scope(engine, child.pid);
	operation_longer_than_the_window();
	stamp_of_an_earlier_window();
	phase_is_that_of_the_start();
	closed_window_sees_nothing();
	out_of_order_requests();
	child_stop(&child);
	lg_engine_free(engine);
}
