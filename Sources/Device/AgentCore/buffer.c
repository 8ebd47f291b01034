/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include "buffer.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 1024, KEPT_CAPACITY = 64 << 10 };

static bool reserve(struct lg_buffer *buffer, size_t n)
{
	size_t capacity = buffer->capacity ? buffer->capacity : FIRST_CAPACITY;
	uint8_t *grown;

	if (n > SIZE_MAX / 2 - buffer->size)
		return false;
	if (buffer->data && buffer->size + n <= buffer->capacity)
		return true;
	while (capacity < buffer->size + n)
		capacity *= 2;
	grown = realloc(buffer->data, capacity);
	if (!grown)
		return false;
	buffer->data = grown;
	buffer->capacity = capacity;
	return true;
}

void lg_buffer_append(struct lg_buffer *buffer, const void *data, size_t n)
{
	if (!n || buffer->failed)
		return;
	if (!reserve(buffer, n)) {
		buffer->failed = true;
		return;
	}
	if (data)
		memcpy(buffer->data + buffer->size, data, n);
	else
		memset(buffer->data + buffer->size, 0, n);
	buffer->size += n;
}

void lg_buffer_reset(struct lg_buffer *buffer)
{
	if (buffer->capacity > KEPT_CAPACITY)
		lg_buffer_free(buffer);
	buffer->size = 0;
	buffer->failed = false;
}

void lg_buffer_free(struct lg_buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct lg_buffer){0};
}
