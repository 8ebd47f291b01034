/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Runs operations, closed or open loop, on one or more threads, and prints the result. */
#ifndef LATGATE_LOAD_LOOP_H
#define LATGATE_LOAD_LOOP_H

#include "options.h"

struct lg_loop {
	/* One operation; 0 or an errno. `index` counts the thread's operations, warm-up included. */
	int (*op)(void *arg, lg_u64 index);
	/* Called before an operation, outside its time; may be NULL. */
	void (*before)(void *arg, lg_u64 index);
	void *arg; /* shared by all threads, or the first of an array: */
	lg_u64 arg_stride; /* bytes from one thread's arg to the next; 0 = shared */
};

lg_u64 lg_now_ns(void);

/*
 * Runs warm-up and measured operations and prints `key: value` lines. Returns
 * the exit code. The operations, the warm-up and the rate are divided among
 * options->threads.
 *
 * Closed loop: latency is the time of the operation. Open loop: operation n is
 * due n / rate after the start, and its latency counts from there, so that an
 * operation delayed by its predecessors or by a late wake-up is seen as slow.
 */
int lg_loop_run(const struct lg_loop *loop, const struct lg_options *options);

/* Says what is missing and returns LG_LOAD_UNAVAILABLE. */
int lg_unavailable(const char *what, int error);

#endif
