/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* A read position in untrusted bytes that never leaves them. */
#ifndef LATGATE_CURSOR_H
#define LATGATE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lg_cursor {
	const uint8_t *at;
	size_t left;
};

/* Each returns false, and moves nothing, when fewer bytes are left than asked for. */
bool lg_cursor_take(struct lg_cursor *cursor, size_t n, const uint8_t **out);
bool lg_cursor_u16(struct lg_cursor *cursor, uint16_t *out);
bool lg_cursor_u32(struct lg_cursor *cursor, uint32_t *out);
bool lg_cursor_u64(struct lg_cursor *cursor, uint64_t *out);

#endif
