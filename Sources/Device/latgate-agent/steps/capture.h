/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What a step prints. It goes into anonymous memory files rather than pipes,
 * because a pipe would wake the agent inside the window.
 */
#ifndef LATGATE_AGENT_CAPTURE_H
#define LATGATE_AGENT_CAPTURE_H

#include <stdbool.h>

#include "buffer.h"

/* A step that prints more than this is killed: its output is held in memory. */
enum { LG_CAPTURE_FLOOD = 32 << 20 };

struct lg_capture {
	int out, err;
};

/* 0, or -1 with errno set and nothing left open. */
int lg_capture_open(struct lg_capture *capture);
bool lg_capture_flooded(const struct lg_capture *capture);
/* Appends STDOUT, STDERR (each up to LG_OUTPUT_LIMIT) and TRUNCATED. */
void lg_capture_put(const struct lg_capture *capture, struct lg_buffer *frames);
void lg_capture_close(struct lg_capture *capture);

#endif
