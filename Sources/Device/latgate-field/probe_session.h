/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The host's end of a session with the driven agent, which runs in a process
 * below: the same engine, tracer and windows, over the same frames.
 */
#ifndef LATGATE_FIELD_PROBE_SESSION_H
#define LATGATE_FIELD_PROBE_SESSION_H

#include <sys/types.h>

#include "frame.h"
#include "meta.h"

struct lg_probe_session {
	pid_t process;
	int fd;
	uint32_t sequence;
	struct lg_inbox inbox;
};

/* Starts it; it ends by itself when nothing is heard for silence_s. False with `why`. */
bool lg_probe_session_start(struct lg_probe_session *session, uint64_t silence_s, bool *busy,
			    char why[LG_WHY]);
/* Takes the probes off and ends it; nothing of it is left. */
void lg_probe_session_end(struct lg_probe_session *session);

enum lg_asked {
	LG_ASKED, /* DONE */
	LG_ASKED_ERROR, /* ERROR: *code is LG_ERR_* */
	LG_ASKED_LOST, /* no answer in time, or none that can be read */
};

/*
 * Sends frames as they are, and reads the answer to `sequence`. Calls fn with
 * each frame of it but the last.
 */
enum lg_asked lg_probe_session_ask(struct lg_probe_session *session, const void *frames,
				   size_t size, uint32_t sequence, uint64_t wait_s,
				   void (*fn)(void *arg, const struct lg_frame *frame), void *arg,
				   uint32_t *code, char why[LG_WHY]);

#endif
