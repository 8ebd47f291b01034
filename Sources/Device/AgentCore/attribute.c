/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include "attribute.h"

#include <stdlib.h>
#include <string.h>

#include "agent_protocol.h"

void lg_store_le(uint8_t *out, uint64_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		out[i] = (uint8_t)(value >> (8 * i));
}

static size_t padding(size_t size)
{
	return -size & 3;
}

size_t lg_put_begin(struct lg_buffer *buffer, uint16_t type)
{
	size_t begun = buffer->size;
	uint8_t header[LG_ATTR_HEADER_SIZE] = {0};

	lg_store_le(header, type, 2);
	lg_buffer_append(buffer, header, sizeof(header));
	return begun;
}

void lg_put_end(struct lg_buffer *buffer, size_t begun)
{
	size_t size;

	if (buffer->failed)
		return;
	size = buffer->size - begun - LG_ATTR_HEADER_SIZE;
	lg_store_le(buffer->data + begun + 4, size, 4);
	lg_buffer_append(buffer, NULL, padding(size));
}

void lg_put(struct lg_buffer *buffer, uint16_t type, const void *data, size_t size)
{
	size_t begun = lg_put_begin(buffer, type);

	lg_buffer_append(buffer, data, size);
	lg_put_end(buffer, begun);
}

void lg_put_u32(struct lg_buffer *buffer, uint16_t type, uint32_t value)
{
	uint8_t bytes[4];

	lg_store_le(bytes, value, sizeof(bytes));
	lg_put(buffer, type, bytes, sizeof(bytes));
}

void lg_put_u64(struct lg_buffer *buffer, uint16_t type, uint64_t value)
{
	uint8_t bytes[8];

	lg_store_le(bytes, value, sizeof(bytes));
	lg_put(buffer, type, bytes, sizeof(bytes));
}

void lg_put_text(struct lg_buffer *buffer, uint16_t type, const char *text)
{
	lg_put(buffer, type, text, strlen(text));
}

enum lg_attr_state lg_attr_next(struct lg_cursor *payload, struct lg_attr *attr)
{
	const uint8_t *pad;
	uint16_t zero;
	uint32_t size;
	size_t i;

	if (!payload->left)
		return LG_ATTR_ABSENT;
	if (!lg_cursor_u16(payload, &attr->type) || !lg_cursor_u16(payload, &zero) ||
	    !lg_cursor_u32(payload, &size) || zero ||
	    !lg_cursor_take(payload, size, &attr->value.at) ||
	    !lg_cursor_take(payload, padding(size), &pad))
		return LG_ATTR_MALFORMED;
	attr->value.left = size;
	for (i = 0; i < padding(size); i++) {
		if (pad[i])
			return LG_ATTR_MALFORMED;
	}
	return LG_ATTR_FOUND;
}

bool lg_attr_u32(const struct lg_attr *attr, uint32_t *out)
{
	struct lg_cursor value = attr->value;

	return value.left == sizeof(*out) && lg_cursor_u32(&value, out);
}

bool lg_attr_u64(const struct lg_attr *attr, uint64_t *out)
{
	struct lg_cursor value = attr->value;

	return value.left == sizeof(*out) && lg_cursor_u64(&value, out);
}

bool lg_attr_text(const struct lg_attr *attr, char **out)
{
	char *text;

	if (memchr(attr->value.at, 0, attr->value.left))
		return false;
	text = malloc(attr->value.left + 1);
	if (!text)
		return false;
	memcpy(text, attr->value.at, attr->value.left);
	text[attr->value.left] = 0;
	free(*out);
	*out = text;
	return true;
}
