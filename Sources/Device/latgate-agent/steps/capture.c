/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#define _GNU_SOURCE 1
#define _FILE_OFFSET_BITS 64
#include "capture.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent_protocol.h"
#include "attribute.h"

static int open_one(const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC);

	/* Append, so that a step's shell and its children do not overwrite each other. */
	if (fd >= 0)
		fcntl(fd, F_SETFL, O_APPEND);
	return fd;
}

int lg_capture_open(struct lg_capture *capture)
{
	capture->out = open_one("stdout");
	if (capture->out < 0)
		return -1;
	capture->err = open_one("stderr");
	if (capture->err >= 0)
		return 0;
	close(capture->out);
	return -1;
}

static off_t size_of(int fd)
{
	struct stat status;

	return fstat(fd, &status) ? 0 : status.st_size;
}

bool lg_capture_flooded(const struct lg_capture *capture)
{
	return size_of(capture->out) > LG_CAPTURE_FLOOD || size_of(capture->err) > LG_CAPTURE_FLOOD;
}

static bool put_one(int fd, uint16_t type, struct lg_buffer *frames)
{
	size_t begun = lg_put_begin(frames, type);
	uint8_t chunk[4096];
	off_t at = 0;

	while (at < LG_OUTPUT_LIMIT) {
		size_t want = (size_t)(LG_OUTPUT_LIMIT - at);
		ssize_t n = pread(fd, chunk, want < sizeof(chunk) ? want : sizeof(chunk), at);

		if (n <= 0)
			break;
		lg_buffer_append(frames, chunk, (size_t)n);
		at += n;
	}
	lg_put_end(frames, begun);
	return size_of(fd) > LG_OUTPUT_LIMIT;
}

void lg_capture_put(const struct lg_capture *capture, struct lg_buffer *frames)
{
	bool cut = put_one(capture->out, LG_ATTR_STDOUT, frames);

	cut |= put_one(capture->err, LG_ATTR_STDERR, frames);
	lg_put_u32(frames, LG_ATTR_TRUNCATED, cut);
}

void lg_capture_close(struct lg_capture *capture)
{
	close(capture->out);
	close(capture->err);
}
