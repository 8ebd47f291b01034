/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include <string.h>

#include "format_field.h"
#include "trace_format.h"

enum { MAX_PAGE = 1 << 20 }; /* bytes; sub-buffers can be made larger than a page since 6.8 */

static bool fail(struct lg_trace_fault *fault, lg_u32 line, const char *what)
{
	fault->line = line;
	fault->what = what;
	return false;
}

static bool sound(const struct lg_page_layout *layout, lg_u32 timestamp_size,
		  struct lg_trace_fault *fault)
{
	if (timestamp_size != 8)
		return fail(fault, 0, "no timestamp of 8 bytes");
	if (layout->commit_size != 4 && layout->commit_size != 8)
		return fail(fault, 0, "no commit of 4 or 8 bytes");
	if (!layout->data_size || layout->data_size > MAX_PAGE)
		return fail(fault, 0, "no data");
	if (layout->timestamp_offset + timestamp_size > layout->data_offset ||
	    layout->commit_offset + layout->commit_size > layout->data_offset)
		return fail(fault, 0, "data overlap the header");
	return true;
}

bool lg_page_layout_parse(struct lg_page_layout *out, const char *text, size_t size,
			  struct lg_trace_fault *fault)
{
	struct lg_text rest = {text, text + size}, line;
	struct lg_trace_field field;
	lg_u32 timestamp_size = 0;
	const char *what;

	memset(out, 0, sizeof(*out));
	if (size > LG_TRACE_FILE_MAX)
		return fail(fault, 0, "too long for a header_page file");
	for (lg_u32 number = 1; lg_text_line(&rest, &line); number++) {
		lg_text_skip_blanks(&line);
		if (!lg_text_take(&line, "field:"))
			continue;
		what = lg_format_field(line, &field);
		if (what)
			return fail(fault, number, what);
		if (!strcmp(field.name, "timestamp")) {
			out->timestamp_offset = field.offset;
			timestamp_size = field.size;
		} else if (!strcmp(field.name, "commit")) {
			out->commit_offset = field.offset;
			out->commit_size = field.size;
		} else if (!strcmp(field.name, "data")) {
			out->data_offset = field.offset;
			out->data_size = field.size;
		}
	}
	return sound(out, timestamp_size, fault);
}
