/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The agent's one place to wait: for bytes, a deadline, a signal, or the host's end. */
#ifndef LATGATE_AGENT_CONTROL_H
#define LATGATE_AGENT_CONTROL_H

#include "probe_abi.h"

struct lg_control {
	int input; /* the host's requests */
	int signals; /* signalfd of SIGTERM, SIGINT, SIGHUP */
	int signal; /* the one that arrived, or 0 */
};

enum lg_wake {
	LG_WAKE_READY,
	LG_WAKE_DEADLINE,
	LG_WAKE_HOST_GONE,
	LG_WAKE_SIGNAL,
};

/* Blocks the ending signals from now on; false with errno set. */
int lg_control_open(struct lg_control *control, int input);
/*
 * Waits until fd has `events` (poll's), or until CLOCK_MONOTONIC reaches
 * deadline_ns. fd may be -1. The host's end is noticed without reading, except
 * when fd is the input or takes the answer: what was asked is still answered.
 */
enum lg_wake lg_control_wait(struct lg_control *control, int fd, short events, lg_u64 deadline_ns);
/* The exit code for a wake that ends the session. */
int lg_control_exit_code(const struct lg_control *control, enum lg_wake wake);

#endif
