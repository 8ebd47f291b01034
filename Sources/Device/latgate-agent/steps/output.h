/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Frames to the host: gathered in memory, sent when the caller says so. */
#ifndef LATGATE_AGENT_OUTPUT_H
#define LATGATE_AGENT_OUTPUT_H

#include "buffer.h"
#include "control.h"
#include "engine.h"

/* The host must take some bytes within this time, or the session ends. */
#define LG_OUTPUT_STALL_NS (10ULL * 1000 * 1000 * 1000)

struct lg_output {
	int fd;
	bool is_socket;
	struct lg_buffer frames; /* not sent yet */
	struct lg_control *control;
};

void lg_output_open(struct lg_output *output, int fd, struct lg_control *control);
/* Sends all gathered frames; LG_GO_ON, or the exit code when the host does not take them. */
int lg_output_flush(struct lg_output *output);
/* The two ends of an answer, gathered and sent. */
int lg_output_done(struct lg_output *output, lg_u32 sequence);
int lg_output_error(struct lg_output *output, lg_u32 sequence, const struct lg_error *err,
		    const char *probe);
void lg_output_close(struct lg_output *output);

#endif
