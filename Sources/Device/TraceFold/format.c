/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include <string.h>

#include "format_field.h"
#include "trace_format.h"

static bool fail(struct lg_trace_fault *fault, lg_u32 line, const char *what)
{
	fault->line = line;
	fault->what = what;
	return false;
}

/* `{ 0x0002, "D" }`: false when the text does not continue so. */
static bool state_flag(struct lg_text *text, lg_u64 *bit, char *letter)
{
	lg_text_skip_blanks(text);
	if (!lg_text_expression(text, bit))
		return false;
	lg_text_skip_blanks(text);
	if (!lg_text_take(text, ","))
		return false;
	lg_text_skip_blanks(text);
	if (!lg_text_take(text, "\"") || text->end - text->at < 2 || text->at[1] != '"')
		return false;
	*letter = text->at[0];
	return true;
}

/* Both lists are in include/trace/events/sched.h's TP_printk of sched_switch. */
static void read_states(struct lg_text print, struct lg_task_states *out)
{
	static const char masked[] = "REC->prev_state &";
	struct lg_text rest = print;
	const char *at;
	lg_u64 value;
	char letter;

	while ((at = lg_text_find(&rest, "{"))) {
		rest.at = at + 1;
		if (!state_flag(&rest, &value, &letter))
			continue;
		out->asleep |= value;
		if (letter == 'D')
			out->uninterruptible = value;
		else if (letter == 'N')
			out->idle = value;
	}
	rest = print;
	while ((at = lg_text_find(&rest, masked))) {
		rest.at = at + strlen(masked);
		if (!lg_text_expression(&rest, &value))
			continue;
		lg_text_skip_blanks(&rest);
		if (lg_text_take(&rest, "? \"+\""))
			out->preempted = value;
	}
}

static const char *read_id(struct lg_text line, struct lg_trace_format *out)
{
	lg_u64 id;

	lg_text_skip_blanks(&line);
	if (!lg_text_number(&line, &id) || !id || id > 0xffff)
		return "an ID that is no event's";
	out->id = (lg_u32)id;
	return NULL;
}

static const char *read_name(struct lg_text line, struct lg_trace_format *out)
{
	size_t size;

	lg_text_skip_blanks(&line);
	size = (size_t)(line.end - line.at);
	if (!size)
		return "an event without a name";
	if (size >= LG_TRACE_NAME)
		size = LG_TRACE_NAME - 1;
	memcpy(out->name, line.at, size);
	out->name[size] = 0;
	return NULL;
}

static const char *read_line(struct lg_text line, struct lg_trace_format *out)
{
	if (lg_text_take(&line, "name:"))
		return read_name(line, out);
	if (lg_text_take(&line, "ID:"))
		return read_id(line, out);
	if (lg_text_take(&line, "print fmt:")) {
		if (lg_trace_format_field(out, "prev_state"))
			read_states(line, &out->states);
		return NULL;
	}
	lg_text_skip_blanks(&line);
	if (!lg_text_take(&line, "field:") || out->field_count == LG_TRACE_FIELDS)
		return NULL;
	return lg_format_field(line, &out->fields[out->field_count++]);
}

bool lg_trace_format_parse(struct lg_trace_format *out, const char *text, size_t size,
			   struct lg_trace_fault *fault)
{
	struct lg_text rest = {text, text + size}, line;
	const char *what;

	memset(out, 0, sizeof(*out));
	if (size > LG_TRACE_FILE_MAX)
		return fail(fault, 0, "too long for a format file");
	for (lg_u32 number = 1; lg_text_line(&rest, &line); number++) {
		what = read_line(line, out);
		if (what)
			return fail(fault, number, what);
	}
	if (!out->name[0])
		return fail(fault, 0, "no name");
	if (!out->id)
		return fail(fault, 0, "no ID");
	if (!out->field_count)
		return fail(fault, 0, "no fields");
	return true;
}

const struct lg_trace_field *lg_trace_format_field(const struct lg_trace_format *format,
						   const char *name)
{
	for (lg_u32 i = 0; i < format->field_count; i++) {
		if (!strcmp(format->fields[i].name, name))
			return &format->fields[i];
	}
	return NULL;
}
