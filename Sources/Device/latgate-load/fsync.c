/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#define _GNU_SOURCE 1
#define _FILE_OFFSET_BITS 64
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "commands.h"
#include "loop.h"
#include "scratch.h"

/* The file holds so many records and is written over and over: it never grows. */
enum { RECORDS = 64 };
#define RECORD_MAX (16ULL << 20)

struct log_file {
	int fd;
	size_t size;
	char *data;
};

static int op(void *arg, lg_u64 index)
{
	struct log_file *file = arg;
	off_t at = (off_t)(index % RECORDS * file->size);

	file->data[0] = (char)index;
	if (pwrite(file->fd, file->data, file->size, at) != (ssize_t)file->size)
		return errno ? errno : ENOSPC;
	return fsync(file->fd) ? errno : 0;
}

static int run_log(struct log_file *file, const struct lg_options *options)
{
	struct lg_loop loop = {.op = op, .arg = file};
	int code;

	file->data = calloc(1, file->size);
	if (!file->data)
		return lg_unavailable("no memory for a record", 0);
	code = lg_loop_run(&loop, options);
	free(file->data);
	return code;
}

static int run(const struct lg_options *options)
{
	struct log_file file = {.size = (size_t)options->size};
	int code;

	if (options->size > RECORD_MAX) {
		fputs("latgate-load: --size of a record is at most 16m\n", stderr);
		return LG_LOAD_USAGE;
	}
	file.fd = lg_scratch_open(options->path, RECORDS * options->size, O_WRONLY);
	if (file.fd < 0)
		return LG_LOAD_UNAVAILABLE;
	code = run_log(&file, options);
	close(file.fd);
	return code;
}

const struct lg_command lg_command_fsync = {
	.name = "fsync",
	.summary = "Small records made durable, as a database's log does",
	.operation = "pwrite() of --size (4096) bytes and fsync(), in a file made under --path (.)",
	.options = LG_OPT_PATH | LG_OPT_SIZE,
	.defaults = {.ops = 200, .warmup = 5, .size = 4096, .path = "."},
	.run = run,
};
