/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include "cursor.h"

bool lg_cursor_take(struct lg_cursor *cursor, size_t n, const uint8_t **out)
{
	if (n > cursor->left)
		return false;
	*out = cursor->at;
	if (n)
		cursor->at += n;
	cursor->left -= n;
	return true;
}

static bool little_endian(struct lg_cursor *cursor, size_t n, uint64_t *out)
{
	const uint8_t *bytes;

	if (!lg_cursor_take(cursor, n, &bytes))
		return false;
	*out = 0;
	while (n--)
		*out = *out << 8 | bytes[n];
	return true;
}

bool lg_cursor_u16(struct lg_cursor *cursor, uint16_t *out)
{
	uint64_t value;

	if (!little_endian(cursor, sizeof(*out), &value))
		return false;
	*out = (uint16_t)value;
	return true;
}

bool lg_cursor_u32(struct lg_cursor *cursor, uint32_t *out)
{
	uint64_t value;

	if (!little_endian(cursor, sizeof(*out), &value))
		return false;
	*out = (uint32_t)value;
	return true;
}

bool lg_cursor_u64(struct lg_cursor *cursor, uint64_t *out)
{
	return little_endian(cursor, sizeof(*out), out);
}
