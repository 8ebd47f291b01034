/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Frames of agent_protocol.h: written into a buffer, gathered from a byte stream. */
#ifndef LATGATE_FRAME_H
#define LATGATE_FRAME_H

#include "agent_protocol.h"
#include "buffer.h"
#include "cursor.h"

struct lg_frame {
	uint16_t type;
	uint32_t sequence;
	struct lg_cursor payload;
};

/*
 * Writing: begin returns the position to give to end, which fills in the
 * length. A payload over LG_FRAME_MAX marks the buffer as failed.
 */
size_t lg_frame_begin(struct lg_buffer *buffer, uint16_t type, uint32_t sequence);
void lg_frame_end(struct lg_buffer *buffer, size_t begun);

/*
 * Gathering: put bytes read from the stream at lg_inbox_space() and say how
 * many with lg_inbox_took(). It never asks for bytes beyond the current frame,
 * so nothing is read ahead, and never holds more than one frame.
 */
struct lg_inbox {
	uint8_t header[LG_FRAME_HEADER_SIZE];
	uint8_t *payload;
	uint32_t length;
	size_t have; /* bytes of header and payload so far */
};

enum lg_inbox_state {
	LG_INBOX_MORE, /* the frame is not whole yet */
	LG_INBOX_FRAME, /* *frame is whole and valid until the next lg_inbox_space() */
	LG_INBOX_TOO_LONG, /* length over LG_FRAME_MAX: the stream cannot be followed any more */
	LG_INBOX_FLAGS, /* flags this version does not know */
	LG_INBOX_NO_MEMORY,
};

uint8_t *lg_inbox_space(struct lg_inbox *inbox, size_t *size);
enum lg_inbox_state lg_inbox_took(struct lg_inbox *inbox, size_t n, struct lg_frame *frame);
/* True between the first and the last byte of a frame. */
bool lg_inbox_inside_frame(const struct lg_inbox *inbox);
void lg_inbox_free(struct lg_inbox *inbox);

#endif
