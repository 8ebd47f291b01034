/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#define _GNU_SOURCE 1
#include <time.h>

#include "commands.h"
#include "loop.h"

static int op(void *arg, lg_u64 index)
{
	const struct lg_options *options = arg;
	struct timespec length = {.tv_sec = (time_t)(options->ns / 1000000000),
				  .tv_nsec = (long)(options->ns % 1000000000)};

	(void)index;
	return clock_nanosleep(CLOCK_MONOTONIC, 0, &length, NULL);
}

static int run(const struct lg_options *options)
{
	struct lg_loop loop = {.op = op, .arg = (void *)options};

	return lg_loop_run(&loop, options);
}

const struct lg_command lg_command_sleep = {
	.name = "sleep",
	.summary =
		"Sleeps of a known length: what the latency exceeds --ns by is timer and wake-up",
	.operation = "one clock_nanosleep() of --ns (1000000)",
	.options = LG_OPT_NS | LG_OPT_THREADS,
	.defaults = {.ops = 1000, .ns = 1000000},
	.run = run,
};
