/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include "build_id.h"

#include <string.h>

#include "cursor.h"

enum { NT_GNU_BUILD_ID_TYPE = 3 };

static bool aligned(struct lg_cursor *cursor, uint32_t size, const uint8_t **out)
{
	const uint8_t *pad;
	size_t rest = -(size_t)size & 3;

	if (!lg_cursor_take(cursor, size, out))
		return false;
	/* The last note of a section may lack its padding. */
	return lg_cursor_take(cursor, rest < cursor->left ? rest : cursor->left, &pad);
}

bool lg_build_id(const void *notes, size_t size, char text[LG_BUILD_ID_TEXT])
{
	static const char digits[] = "0123456789abcdef";
	struct lg_cursor cursor = {notes, size};
	uint32_t name_size, id_size, type;
	const uint8_t *name, *id;

	text[0] = 0;
	while (lg_cursor_u32(&cursor, &name_size) && lg_cursor_u32(&cursor, &id_size) &&
	       lg_cursor_u32(&cursor, &type) && aligned(&cursor, name_size, &name) &&
	       aligned(&cursor, id_size, &id)) {
		if (type != NT_GNU_BUILD_ID_TYPE || name_size != 4 || memcmp(name, "GNU", 4))
			continue;
		if (!id_size || 2 * (size_t)id_size >= LG_BUILD_ID_TEXT)
			return false;
		for (uint32_t i = 0; i < id_size; i++) {
			*text++ = digits[id[i] >> 4];
			*text++ = digits[id[i] & 15];
		}
		*text = 0;
		return true;
	}
	return false;
}
