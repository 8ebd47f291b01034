/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include "spool_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "attribute.h"

enum {
	MAGIC = 0x5053474c,
	VERSION = 2,
	VERSION_DATED = 1, /* by the clock of the wall, which says nothing of an age */
	DIGITS = 16,
	AT_CRC = LG_SPOOL_HEADER - 4,
};

enum lg_spool_name lg_spool_name_read(const char *name, uint64_t *number)
{
	size_t size = strlen(name), end = sizeof(LG_UNFINISHED) - 1;

	if (size > end && !strcmp(name + size - end, LG_UNFINISHED))
		return LG_SPOOL_UNFINISHED;
	if (size != DIGITS + 1 || (*name != 'r' && *name != 'x') ||
	    strspn(name + 1, "0123456789abcdef") != DIGITS ||
	    sscanf(name + 1, "%" SCNx64, number) != 1)
		return LG_SPOOL_OTHER;
	return *name == 'r' ? LG_SPOOL_REPORT : LG_SPOOL_SET_ASIDE;
}

void lg_spool_name_write(char name[LG_NAME_MAX], enum lg_spool_name kind, uint64_t number)
{
	snprintf(name, LG_NAME_MAX, "%c%016" PRIx64, kind == LG_SPOOL_REPORT ? 'r' : 'x', number);
}

/* u32 magic, u32 version, u64 number, u64 on_s, u32 size, id, u32 CRC of all but itself. */
void lg_spool_file_write(struct lg_buffer *file, const struct lg_spool_entry *entry,
			 const void *report)
{
	uint8_t header[LG_SPOOL_HEADER];

	lg_store_le(header, MAGIC, 4);
	lg_store_le(header + 4, VERSION, 4);
	lg_store_le(header + 8, entry->number, 8);
	lg_store_le(header + 16, entry->created_s, 8);
	lg_store_le(header + 24, entry->size, 4);
	memcpy(header + 28, entry->id, LG_REPORT_ID);
	lg_store_le(header + AT_CRC, lg_crc32(lg_crc32(0, header, AT_CRC), report, entry->size), 4);
	lg_buffer_append(file, header, sizeof(header));
	lg_buffer_append(file, report, entry->size);
}

bool lg_spool_file_read(const struct lg_buffer *file, uint64_t number, struct lg_spool_entry *out)
{
	struct lg_cursor in = {file->data, file->size};
	uint32_t magic, version, crc;
	const uint8_t *id;

	if (!lg_cursor_u32(&in, &magic) || !lg_cursor_u32(&in, &version) ||
	    !lg_cursor_u64(&in, &out->number) || !lg_cursor_u64(&in, &out->created_s) ||
	    !lg_cursor_u32(&in, &out->size) || !lg_cursor_take(&in, LG_REPORT_ID, &id) ||
	    !lg_cursor_u32(&in, &crc))
		return false;
	memcpy(out->id, id, LG_REPORT_ID);
	if (version == VERSION_DATED)
		out->created_s = LG_SPOOL_AGELESS;
	return magic == MAGIC && (version == VERSION || version == VERSION_DATED) &&
	       out->number == number && out->size == in.left &&
	       crc == lg_crc32(lg_crc32(0, file->data, AT_CRC), in.at, in.left);
}
