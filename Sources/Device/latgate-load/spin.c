/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include "busy.h"
#include "commands.h"
#include "loop.h"

static int op(void *arg, lg_u64 index)
{
	(void)index;
	lg_busy(*(const lg_u64 *)arg);
	return 0;
}

static int run(const struct lg_options *options)
{
	struct lg_loop loop = {.op = op, .arg = (void *)&options->work};

	return lg_loop_run(&loop, options);
}

const struct lg_command lg_command_spin = {
	.name = "spin",
	.summary = "Busy loops; more --threads than CPUs make tasks wait in the run queue",
	.operation = "--work (1000000) iterations of an empty loop",
	.options = LG_OPT_THREADS | LG_OPT_WORK,
	.defaults = {.ops = 1000, .threads = 4, .work = 1000000},
	.run = run,
};
