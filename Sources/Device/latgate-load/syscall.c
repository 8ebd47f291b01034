/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#define _GNU_SOURCE 1
#include <sys/syscall.h>
#include <unistd.h>

#include "commands.h"
#include "loop.h"

static int op(void *arg, lg_u64 index)
{
	(void)arg;
	(void)index;
	syscall(SYS_getppid);
	return 0;
}

static int run(const struct lg_options *options)
{
	struct lg_loop loop = {.op = op};

	return lg_loop_run(&loop, options);
}

const struct lg_command lg_command_syscall = {
	.name = "syscall",
	.summary = "The cheapest way into the kernel and back",
	.operation = "one getppid()",
	.options = LG_OPT_THREADS,
	.defaults = {.ops = 1000000, .warmup = 1000},
	.run = run,
};
