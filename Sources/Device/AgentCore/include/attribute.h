/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Attributes {u16 type, u16 zero, u32 length, bytes, zero padding to 4}. */
#ifndef LATGATE_ATTRIBUTE_H
#define LATGATE_ATTRIBUTE_H

#include "buffer.h"
#include "cursor.h"

void lg_store_le(uint8_t *out, uint64_t value, size_t bytes);

void lg_put(struct lg_buffer *buffer, uint16_t type, const void *data, size_t size);
void lg_put_u32(struct lg_buffer *buffer, uint16_t type, uint32_t value);
void lg_put_u64(struct lg_buffer *buffer, uint16_t type, uint64_t value);
void lg_put_text(struct lg_buffer *buffer, uint16_t type, const char *text);
/* An attribute whose bytes are appended between begin and end. */
size_t lg_put_begin(struct lg_buffer *buffer, uint16_t type);
void lg_put_end(struct lg_buffer *buffer, size_t begun);

struct lg_attr {
	uint16_t type;
	struct lg_cursor value;
};

enum lg_attr_state { LG_ATTR_ABSENT, LG_ATTR_FOUND, LG_ATTR_MALFORMED };

/* The next attribute; MALFORMED when it leaves the payload or its zero bytes are not zero. */
enum lg_attr_state lg_attr_next(struct lg_cursor *payload, struct lg_attr *attr);

/* Each returns false when the attribute has another length, or text holds a NUL. */
bool lg_attr_u32(const struct lg_attr *attr, uint32_t *out);
bool lg_attr_u64(const struct lg_attr *attr, uint64_t *out);
/* Gives a NUL-terminated copy to be freed; also false when memory is short. Frees an older *out. */
bool lg_attr_text(const struct lg_attr *attr, char **out);

#endif
