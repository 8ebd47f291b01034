/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The options all commands share; each command names those it takes. */
#ifndef LATGATE_LOAD_OPTIONS_H
#define LATGATE_LOAD_OPTIONS_H

#include <stdbool.h>

#include "probe_abi.h"

enum {
	LG_LOAD_OK = 0,
	LG_LOAD_FAILED_OP = 1, /* at least one operation failed */
	LG_LOAD_USAGE = 64,
	LG_LOAD_UNAVAILABLE = 69, /* a device, file or permission is missing */
};

enum lg_option {
	LG_OPT_OPS = 1 << 0,
	LG_OPT_RATE = 1 << 1,
	LG_OPT_WARMUP = 1 << 2,
	LG_OPT_CPUS = 1 << 3,
	LG_OPT_THREADS = 1 << 4,
	LG_OPT_WORK = 1 << 5,
	LG_OPT_PATH = 1 << 6,
	LG_OPT_SIZE = 1 << 7,
	LG_OPT_MIB = 1 << 8,
	LG_OPT_NS = 1 << 9,
	LG_OPT_DEV = 1 << 10,
	LG_OPT_VIA = 1 << 11,
	LG_OPT_BLOCK = 1 << 12,
	LG_OPT_WRITE = 1 << 13,
	LG_OPT_OVERWRITE = 1 << 14,
	LG_OPT_FIFO = 1 << 15,
	/* what every command takes */
	LG_OPT_LOOP = LG_OPT_OPS | LG_OPT_RATE | LG_OPT_WARMUP | LG_OPT_CPUS | LG_OPT_FIFO,
};

enum { LG_CPUS_MAX = 64, LG_THREADS_MAX = 1024 };

struct lg_options {
	lg_u64 ops; /* measured operations, all threads together */
	lg_u64 rate; /* operations per second, all threads together; 0 = closed loop */
	lg_u64 warmup; /* operations before the measured ones */
	int cpus[LG_CPUS_MAX]; /* thread or process n runs on cpus[n % cpu_count] */
	int cpu_count;
	lg_u64 fifo; /* priority of the threads or processes under SCHED_FIFO; 0 = as started */
	lg_u64 threads;
	lg_u64 work; /* iterations of a busy loop */
	lg_u64 size; /* bytes */
	lg_u64 block; /* bytes */
	lg_u64 mib;
	lg_u64 ns;
	const char *path;
	const char *dev;
	const char *via;
	bool write;
	bool overwrite;
};

/*
 * Reads `--name value` and `--name=value` of the options in the set `allowed`
 * over what *options holds already. Returns 0 or, after a message, an exit code.
 */
int lg_options_read(struct lg_options *options, unsigned allowed, int count, char **arguments);
/* One line of help for each option in the set. */
void lg_options_help(unsigned allowed);
/* Gives the calling thread its CPU and policy; 0 or, after a message, an exit code. */
int lg_options_place(const struct lg_options *options, unsigned index);

#endif
