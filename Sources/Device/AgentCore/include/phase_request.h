/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The steps and times of a PHASE, EXEC or WINDOW request, checked and copied. */
#ifndef LATGATE_PHASE_REQUEST_H
#define LATGATE_PHASE_REQUEST_H

#include "cursor.h"

enum {
	LG_STEPS_MAX = 64, /* in one phase: each has a process waiting before the window opens */
	LG_ARGUMENTS_MAX = 1024,
	LG_STEP_TIMEOUT_DEFAULT_MS = 10 * 60 * 1000, /* when the request names none */
};
#define LG_EDGE_MAX_NS (600ULL * 1000 * 1000 * 1000) /* pre-roll and drain, each */
#define LG_SLEEP_MAX_NS (24ULL * 3600 * 1000 * 1000 * 1000)

struct lg_step {
	char **argv; /* NULL-terminated; NULL for a sleep */
	uint64_t sleep_ns;
	uint32_t timeout_ms; /* of a program; never 0 */
};

struct lg_phase_request {
	uint32_t phase; /* 0 = not given */
	uint64_t preroll_ns;
	uint64_t drain_ns;
	struct lg_step *steps;
	size_t step_count;
};

/*
 * Returns NULL, or what is wrong with the request. The request is to be freed
 * in both cases. Attributes that are not part of it are skipped.
 */
const char *lg_phase_request_read(struct lg_phase_request *request, struct lg_cursor payload);
void lg_phase_request_free(struct lg_phase_request *request);

#endif
