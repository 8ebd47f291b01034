/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "commands.h"
#include "loop.h"

enum { PIPE_SIZE_MAX = 4096 };

struct pipe_pair {
	int ends[2];
	size_t size;
	char data[PIPE_SIZE_MAX];
};

static int op(void *arg, lg_u64 index)
{
	struct pipe_pair *pair = arg;

	(void)index;
	if (write(pair->ends[1], pair->data, pair->size) != (ssize_t)pair->size ||
	    read(pair->ends[0], pair->data, pair->size) != (ssize_t)pair->size)
		return errno ? errno : EIO;
	return 0;
}

static int run(const struct lg_options *options)
{
	struct pipe_pair *pairs = calloc(options->threads, sizeof(*pairs));
	struct lg_loop loop = {.op = op, .arg = pairs, .arg_stride = sizeof(*pairs)};
	int code;

	if (!pairs)
		return lg_unavailable("no memory for the pipes", 0);
	for (lg_u64 i = 0; i < options->threads; i++) {
		pairs[i].size =
			options->size < PIPE_SIZE_MAX ? (size_t)options->size : PIPE_SIZE_MAX;
		if (pipe2(pairs[i].ends, O_CLOEXEC))
			return lg_unavailable("a pipe could not be made", errno);
	}
	code = lg_loop_run(&loop, options);
	free(pairs);
	return code;
}

const struct lg_command lg_command_pipe = {
	.name = "pipe",
	.summary = "Bytes into a pipe and out again by the same thread: no switch of tasks",
	.operation = "write() and read() of --size (1, at most 4096) bytes",
	.options = LG_OPT_THREADS | LG_OPT_SIZE,
	.defaults = {.ops = 200000, .warmup = 1000, .size = 1},
	.run = run,
};
