/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Which record is which event, and where its fields are. */
#include <string.h>

#include "event_specs.h"

void lg_decoder_init(struct lg_decoder *decoder)
{
	memset(decoder, 0, sizeof(*decoder));
}

static lg_u32 kind_of(const char *name)
{
	lg_u32 kind = 0;

	while (kind < LG_EVENT_KINDS && strcmp(lg_event_name(kind), name))
		kind++;
	return kind;
}

static bool is_number(const struct lg_trace_field *field)
{
	return field->kind == LG_FIELD_FIXED &&
	       (field->size == 1 || field->size == 2 || field->size == 4 || field->size == 8);
}

static bool resolve(const struct lg_trace_format *format, const char *name, bool text,
		    struct lg_decoder_field *out)
{
	const struct lg_trace_field *field = lg_trace_format_field(format, name);

	memset(out, 0, sizeof(*out));
	if (!field || !field->size || (!text && !is_number(field)))
		return false;
	out->offset = field->offset;
	out->size = field->size;
	out->kind = field->kind;
	out->is_signed = field->is_signed;
	return true;
}

/* The name of what is missing, or NULL. */
static const char *resolve_all(const struct lg_trace_format *format,
			       const struct lg_event_spec *spec, struct lg_decoder_entry *entry)
{
	if (!resolve(format, "common_type", false, &entry->type))
		return "common_type";
	if (!resolve(format, "common_pid", false, &entry->tid))
		return "common_pid";
	for (int i = 0; i < LG_SPEC_FIELDS && spec->fields[i]; i++) {
		if (!resolve(format, spec->fields[i], spec->texts >> i & 1, &entry->fields[i]) &&
		    !(spec->optional >> i & 1))
			return spec->fields[i];
	}
	return NULL;
}

enum lg_decoder_result lg_decoder_add(struct lg_decoder *decoder,
				      const struct lg_trace_format *format, const char **field)
{
	struct lg_decoder_entry entry = {.id = format->id, .kind = kind_of(format->name)};
	const char *missing;

	if (entry.kind == LG_EVENT_KINDS)
		return LG_DECODER_UNKNOWN;
	missing = resolve_all(format, lg_event_spec(entry.kind), &entry);
	if (missing) {
		if (field)
			*field = missing;
		return LG_DECODER_MISSING;
	}
	if (entry.kind == LG_EVENT_SCHED_SWITCH)
		decoder->states = format->states;
	for (lg_u32 i = 0; i < decoder->kinds; i++) {
		if (decoder->entries[i].kind == entry.kind) {
			decoder->entries[i] = entry;
			return LG_DECODER_ADDED;
		}
	}
	decoder->entries[decoder->kinds++] = entry;
	decoder->known |= LG_EVENT_BIT(entry.kind);
	return LG_DECODER_ADDED;
}
