/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#define _GNU_SOURCE 1
#include "output.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attribute.h"
#include "clock.h"
#include "exit_codes.h"
#include "frame.h"

void lg_output_open(struct lg_output *output, int fd, struct lg_control *control)
{
	struct stat status;

	*output = (struct lg_output){.fd = fd, .control = control};
	output->is_socket = !fstat(fd, &status) && S_ISSOCK(status.st_mode);
}

/*
 * The file description may be shared with others, so it is not made
 * non-blocking. A pipe that poll() calls writable takes PIPE_BUF bytes without
 * blocking; a socket may not, but has a flag per call.
 */
static ssize_t write_some(const struct lg_output *output, const uint8_t *data, size_t size)
{
	if (output->is_socket)
		return send(output->fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	return write(output->fd, data, size < PIPE_BUF ? size : PIPE_BUF);
}

int lg_output_flush(struct lg_output *output)
{
	struct lg_buffer *frames = &output->frames;
	size_t sent = 0;

	if (frames->failed)
		return LG_EXIT_INTERNAL;
	while (sent < frames->size) {
		enum lg_wake wake = lg_control_wait(output->control, output->fd, POLLOUT,
						    lg_monotonic_ns() + LG_OUTPUT_STALL_NS);
		ssize_t n;

		if (wake == LG_WAKE_DEADLINE)
			return LG_EXIT_HOST_GONE;
		if (wake != LG_WAKE_READY)
			return lg_control_exit_code(output->control, wake);
		n = write_some(output, frames->data + sent, frames->size - sent);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return LG_EXIT_HOST_GONE;
		if (n > 0)
			sent += (size_t)n;
	}
	lg_buffer_reset(frames);
	return LG_GO_ON;
}

int lg_output_done(struct lg_output *output, lg_u32 sequence)
{
	lg_frame_end(&output->frames, lg_frame_begin(&output->frames, LG_MSG_DONE, sequence));
	return lg_output_flush(output);
}

/* TEXT is one line whatever a library wrote into it. */
static void put_line(struct lg_buffer *frames, const char *text)
{
	size_t begun = lg_put_begin(frames, LG_ATTR_TEXT);

	for (; *text; text++)
		lg_buffer_append(frames, (unsigned char)*text < ' ' ? " " : text, 1);
	lg_put_end(frames, begun);
}

int lg_output_error(struct lg_output *output, lg_u32 sequence, const struct lg_error *err,
		    const char *probe)
{
	struct lg_buffer *frames = &output->frames;
	size_t begun = lg_frame_begin(frames, LG_MSG_ERROR, sequence);

	lg_put_u32(frames, LG_ATTR_CODE, err->code ? err->code : LG_ERR_INTERNAL);
	put_line(frames, err->text);
	if (probe)
		lg_put_text(frames, LG_ATTR_PROBE, probe);
	if (err->log[0])
		lg_put_text(frames, LG_ATTR_LOG, err->log);
	lg_frame_end(frames, begun);
	return lg_output_flush(output);
}

void lg_output_close(struct lg_output *output)
{
	lg_buffer_free(&output->frames);
}
