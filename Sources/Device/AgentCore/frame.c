/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include "frame.h"

#include <stdlib.h>
#include <string.h>

#include "attribute.h"

size_t lg_frame_begin(struct lg_buffer *buffer, uint16_t type, uint32_t sequence)
{
	size_t begun = buffer->size;
	uint8_t header[LG_FRAME_HEADER_SIZE] = {0};

	lg_store_le(header + 4, type, 2);
	lg_store_le(header + 8, sequence, 4);
	lg_buffer_append(buffer, header, sizeof(header));
	return begun;
}

void lg_frame_end(struct lg_buffer *buffer, size_t begun)
{
	size_t length;

	if (buffer->failed)
		return;
	length = buffer->size - begun - LG_FRAME_HEADER_SIZE;
	if (length > LG_FRAME_MAX) {
		buffer->failed = true;
		return;
	}
	lg_store_le(buffer->data + begun, length, 4);
}

uint8_t *lg_inbox_space(struct lg_inbox *inbox, size_t *size)
{
	if (inbox->have < LG_FRAME_HEADER_SIZE) {
		*size = LG_FRAME_HEADER_SIZE - inbox->have;
		return inbox->header + inbox->have;
	}
	if (inbox->have == LG_FRAME_HEADER_SIZE + (size_t)inbox->length) {
		lg_inbox_free(inbox);
		*size = LG_FRAME_HEADER_SIZE;
		return inbox->header;
	}
	*size = LG_FRAME_HEADER_SIZE + (size_t)inbox->length - inbox->have;
	return inbox->payload + (inbox->have - LG_FRAME_HEADER_SIZE);
}

static enum lg_inbox_state open_payload(struct lg_inbox *inbox, uint16_t flags)
{
	if (inbox->length > LG_FRAME_MAX)
		return LG_INBOX_TOO_LONG;
	if (flags)
		return LG_INBOX_FLAGS;
	if (!inbox->length)
		return LG_INBOX_MORE;
	inbox->payload = malloc(inbox->length);
	return inbox->payload ? LG_INBOX_MORE : LG_INBOX_NO_MEMORY;
}

enum lg_inbox_state lg_inbox_took(struct lg_inbox *inbox, size_t n, struct lg_frame *frame)
{
	struct lg_cursor header = {inbox->header, LG_FRAME_HEADER_SIZE};
	size_t before = inbox->have;
	enum lg_inbox_state state;
	uint16_t flags = 0;

	inbox->have += n;
	if (inbox->have < LG_FRAME_HEADER_SIZE)
		return LG_INBOX_MORE;
	lg_cursor_u32(&header, &inbox->length);
	lg_cursor_u16(&header, &frame->type);
	lg_cursor_u16(&header, &flags);
	lg_cursor_u32(&header, &frame->sequence);
	if (before < LG_FRAME_HEADER_SIZE) {
		state = open_payload(inbox, flags);
		if (state != LG_INBOX_MORE)
			return state;
	}
	if (inbox->have < LG_FRAME_HEADER_SIZE + (size_t)inbox->length)
		return LG_INBOX_MORE;
	frame->payload = (struct lg_cursor){inbox->payload, inbox->length};
	return LG_INBOX_FRAME;
}

bool lg_inbox_inside_frame(const struct lg_inbox *inbox)
{
	return inbox->have && (inbox->have < LG_FRAME_HEADER_SIZE ||
			       inbox->have < LG_FRAME_HEADER_SIZE + (size_t)inbox->length);
}

void lg_inbox_free(struct lg_inbox *inbox)
{
	free(inbox->payload);
	*inbox = (struct lg_inbox){0};
}
