/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* A byte buffer that grows. A failed allocation is remembered, not reported per call. */
#ifndef LATGATE_BUFFER_H
#define LATGATE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lg_buffer {
	uint8_t *data;
	size_t size;
	size_t capacity;
	bool failed; /* out of memory or a frame over its limit: the contents are unusable */
};

/* Appends n bytes; with data == NULL appends n zero bytes. */
void lg_buffer_append(struct lg_buffer *buffer, const void *data, size_t n);
/* Forgets the contents and the failure, and gives large memory back. */
void lg_buffer_reset(struct lg_buffer *buffer);
void lg_buffer_free(struct lg_buffer *buffer);

#endif
