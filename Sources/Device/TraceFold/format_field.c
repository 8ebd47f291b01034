/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include <string.h>

#include "format_field.h"

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

/* The last word of a declaration: `unsigned long args[6]` declares args. */
static bool declared_name(struct lg_text declaration, char name[LG_TRACE_NAME])
{
	const char *first, *end = declaration.end;
	size_t size;

	while (end > declaration.at && end[-1] == ']') {
		while (end > declaration.at && end[-1] != '[')
			end--;
		if (end > declaration.at)
			end--;
	}
	for (first = end; first > declaration.at && is_name(first[-1]); first--)
		;
	size = (size_t)(end - first);
	if (!size)
		return false;
	if (size >= LG_TRACE_NAME)
		size = LG_TRACE_NAME - 1;
	memcpy(name, first, size);
	name[size] = 0;
	return true;
}

/* `offset:8;` and its like, wherever on the line. */
static bool attribute(const struct lg_text *line, const char *name, lg_u64 *out)
{
	struct lg_text at = {lg_text_find(line, name), line->end};

	if (!at.at || !lg_text_take(&at, name) || !lg_text_number(&at, out))
		return false;
	return lg_text_take(&at, ";");
}

const char *lg_format_field(struct lg_text line, struct lg_trace_field *out)
{
	struct lg_text declaration = {line.at, lg_text_find(&line, ";")};
	lg_u64 offset, size, is_signed = 0;

	if (!declaration.end || !declared_name(declaration, out->name))
		return "a field without a name";
	line.at = declaration.end;
	if (!attribute(&line, "offset:", &offset) || !attribute(&line, "size:", &size))
		return "a field without offset or size";
	if (offset > LG_TRACE_RECORD_MAX || size > LG_TRACE_RECORD_MAX - offset)
		return "a field beyond any record";
	attribute(&line, "signed:", &is_signed); /* kernels before 2.6.32 leave it out */
	out->offset = (lg_u32)offset;
	out->size = (lg_u32)size;
	out->is_signed = is_signed;
	out->is_array = declaration.end[-1] == ']';
	out->kind = LG_FIELD_FIXED;
	if (lg_text_take(&declaration, "__data_loc "))
		out->kind = LG_FIELD_DATA_LOC;
	else if (lg_text_take(&declaration, "__rel_loc "))
		out->kind = LG_FIELD_REL_LOC;
	if (out->kind != LG_FIELD_FIXED && out->size != 4)
		return "a dynamic field whose place has other than 4 bytes";
	return NULL;
}
