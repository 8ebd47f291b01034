/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#define _GNU_SOURCE 1
#define _FILE_OFFSET_BITS 64
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "loop.h"
#include "random.h"
#include "scratch.h"

enum { ALIGNMENT = 4096 };

struct stream {
	int fd;
	bool write;
	lg_u64 blocks;
	size_t block;
	lg_u64 random;
	char *data;
};

static int op(void *arg, lg_u64 index)
{
	struct stream *stream = arg;
	off_t at = (off_t)(lg_random(&stream->random) % stream->blocks * stream->block);
	ssize_t n;

	(void)index;
	n = stream->write ? pwrite(stream->fd, stream->data, stream->block, at)
			  : pread(stream->fd, stream->data, stream->block, at);
	if (n == (ssize_t)stream->block)
		return 0;
	return n < 0 ? errno : EIO;
}

/* Past the page cache, so that the device is measured. */
static int open_existing(const struct lg_options *options)
{
	int fd;

	if (options->write && !options->overwrite) {
		fprintf(stderr,
			"latgate-load: %s exists; writing would destroy its data: add "
			"--overwrite\n",
			options->path);
		return -1;
	}
	fd = open(options->path, (options->write ? O_RDWR : O_RDONLY) | O_DIRECT | O_CLOEXEC);
	if (fd < 0)
		fprintf(stderr, "latgate-load: %s: cannot be opened with O_DIRECT: %s\n",
			options->path, strerror(errno));
	return fd;
}

static int open_stream(const struct lg_options *options)
{
	struct stat status;

	if (stat(options->path, &status) || S_ISDIR(status.st_mode))
		return lg_scratch_open(options->path, options->size, O_RDWR | O_DIRECT);
	return open_existing(options);
}

static int run_streams(const struct lg_options *options, struct stream *streams, int fd)
{
	struct lg_loop loop = {.op = op, .arg = streams, .arg_stride = sizeof(*streams)};
	off_t end = lseek(fd, 0, SEEK_END);

	if (end < (off_t)options->block)
		return lg_unavailable("the file or device is smaller than one block", 0);
	for (lg_u64 i = 0; i < options->threads; i++) {
		streams[i] = (struct stream){.fd = fd,
					     .write = options->write,
					     .blocks = (lg_u64)end / options->block,
					     .block = (size_t)options->block,
					     .random = i + 1};
		if (posix_memalign((void **)&streams[i].data, ALIGNMENT, streams[i].block))
			return lg_unavailable("no memory for the blocks", 0);
		memset(streams[i].data, 1, streams[i].block);
	}
	return lg_loop_run(&loop, options);
}

static int run(const struct lg_options *options)
{
	struct stream *streams;
	int fd, code;

	if (options->block % 512) {
		fputs("latgate-load: --block must be a multiple of 512\n", stderr);
		return LG_LOAD_USAGE;
	}
	fd = open_stream(options);
	if (fd < 0)
		return LG_LOAD_UNAVAILABLE;
	streams = calloc(options->threads, sizeof(*streams));
	code = streams ? run_streams(options, streams, fd)
		       : lg_unavailable("no memory for the threads", 0);
	for (lg_u64 i = 0; streams && i < options->threads; i++)
		free(streams[i].data);
	free(streams);
	close(fd);
	return code;
}

const struct lg_command lg_command_randio = {
	.name = "randio",
	.summary = "Random transfers past the page cache, on a file or a block device",
	.operation =
		"one O_DIRECT read, or --write, of --block (4096) bytes; a directory gets a file "
		"of --size (64m)",
	.options = LG_OPT_PATH | LG_OPT_SIZE | LG_OPT_BLOCK | LG_OPT_WRITE | LG_OPT_OVERWRITE |
		   LG_OPT_THREADS,
	.defaults = {.ops = 1000, .warmup = 10, .size = 64 << 20, .block = 4096, .path = "."},
	.run = run,
};
