/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What the engine's tests share: checks, objects, a window's result, a child under control. */
#ifndef LATGATE_TEST_HARNESS_H
#define LATGATE_TEST_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "agent_protocol.h"
#include "engine.h"

/*
 * One TAP line per check; the format and its values are shown when it fails. A
 * macro, so that the condition is evaluated before those values.
 */
#define check(condition, name, ...)                                                                \
	do {                                                                                       \
		bool held = (condition);                                                           \
		report(held, name, __VA_ARGS__);                                                   \
	} while (0)
void report(bool held, const char *name, const char *detail_format, ...)
	__attribute__((format(printf, 3, 4)));
int checks_failed(void);
int checks_passed(void);

/* A file of the build directory; exits the test when it cannot be read. */
void *object_bytes(const char *name, size_t *size);

enum { MAX_KEYS = 8 };

/* What one read of a window gave for one metric. */
struct result {
	struct lg_counters counters;
	lg_u64 censored, censored_age_ns;
	size_t keys;
	lg_u32 key[MAX_KEYS];
	char name[MAX_KEYS][LG_NAME_LEN];
	struct lg_hist_sum hist[MAX_KEYS];
};

/* The hooks reported by a load, as "hook=rung(why) ..." */
struct hooks {
	char text[2048];
};

struct lg_engine *engine_or_exit(void);
/* Loads <name>.o as probe <name> with one metric `id` on `map`; -1 with err filled on failure. */
int load(struct lg_engine *engine, const char *name, const char *map, const char *names_map,
	 lg_u32 id, struct hooks *hooks, struct lg_error *err);
/* load(), attach; exits on failure. */
struct lg_engine *engine_with(const char *name, const char *map, const char *names_map);
/* Reads metric `id`; exits on failure. */
void read_result(struct lg_engine *engine, lg_u32 id, struct result *out);
int try_read(struct lg_engine *engine, lg_u32 id, struct result *out, struct lg_error *err);
bool balanced(const struct result *result);
/* Counts in the histogram of a key, 0 without one. */
lg_u64 count_of(const struct result *result, lg_u32 key);

lg_u64 now_ns(void);
/* Lets time pass while the code under test is idle: the quantity tested is that time itself. */
void pass_ms(long ms);

/*
 * A child in a session of its own that waits in recv() for orders. Each recv()
 * is one operation of operation.bpf.c; an order ends it and the next begins.
 */
struct child {
	pid_t pid;
	int orders;
};

enum {
	ORDER_NEXT = 1, /* just the next recv() */
	ORDER_LONE_START = 2, /* a start without an end first */
	ORDER_CANCELLED = 3, /* a start and its cancellation first */
	ORDER_NAMED = 4, /* takes the name CHILD_NAME first */
	ORDER_THREAD = 5, /* an operation by a thread of another name first */
};

#define CHILD_NAME "lg-scope-child"

struct child child_start(void);
/* Sends `bytes` orders in one message and returns once the child waits again. */
void child_order(const struct child *child, int order, int bytes);
void child_stop(const struct child *child);

void test_bucket(void);
void test_ladder(void);
void test_load(void);
void test_window(const char *object);
void test_balance(const char *object);
void test_nest(void);
void test_extremes(void);
void test_mutants(void);
void test_fallback(void);
void test_runqueue(void);
void test_pinned(void);
void test_results(void);
void test_profile(void);
void test_full(void);
void test_uprobe(void);
void test_foreign(void);
void test_scope(const char *object);
void test_types(void);

#endif
