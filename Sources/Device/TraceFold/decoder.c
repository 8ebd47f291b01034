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
	return field->kind == LG_FIELD_FIXED && !field->is_array &&
	       (field->size == 1 || field->size == 2 || field->size == 4 || field->size == 8);
}

/* A number where text is wanted, or the other way round, is another field of that name. */
static bool is_text(const struct lg_trace_field *field)
{
	return field->kind != LG_FIELD_FIXED || field->size > 8 || field->is_array;
}

static bool resolve(const struct lg_trace_format *format, const char *name, bool text,
		    struct lg_decoder_field *out)
{
	const struct lg_trace_field *field = lg_trace_format_field(format, name);

	memset(out, 0, sizeof(*out));
	if (!field || !field->size || !(text ? is_text(field) : is_number(field)))
		return false;
	out->offset = field->offset;
	out->size = field->size;
	out->kind = field->kind;
	out->is_signed = field->is_signed;
	return true;
}

/* The name of a common field that is missing, or NULL. */
static const char *resolve_common(const struct lg_trace_format *format,
				  struct lg_decoder_entry *entry)
{
	entry->id = format->id;
	if (!resolve(format, "common_type", false, &entry->type))
		return "common_type";
	return resolve(format, "common_pid", false, &entry->tid) ? NULL : "common_pid";
}

/* The name of what is missing, or NULL. */
static const char *resolve_all(const struct lg_trace_format *format,
			       const struct lg_event_spec *spec, struct lg_decoder_entry *entry)
{
	const char *lacking = resolve_common(format, entry);

	for (int i = 0; !lacking && i < LG_SPEC_FIELDS && spec->fields[i]; i++) {
		if (!resolve(format, spec->fields[i], spec->texts >> i & 1, &entry->fields[i]))
			lacking = spec->fields[i];
	}
	return lacking;
}

/*
 * The entry of a record's type with the common fields of `found`, made when new:
 * of no kind, and of no declared event. NULL without room.
 */
static struct lg_decoder_entry *entry_of(struct lg_decoder *decoder,
					 const struct lg_decoder_entry *found)
{
	struct lg_decoder_entry *entry = decoder->entries;

	while (entry < decoder->entries + decoder->count && entry->id != found->id)
		entry++;
	if (entry == decoder->entries + LG_EVENT_KINDS + LG_DECLARED_EVENTS)
		return NULL;
	if (entry == decoder->entries + decoder->count) {
		decoder->count++;
		memset(entry, 0, sizeof(*entry));
		entry->id = found->id;
		entry->kind = LG_EVENT_KINDS;
	}
	entry->type = found->type;
	entry->tid = found->tid;
	return entry;
}

static enum lg_decoder_result missing(const char *name, const char **field)
{
	if (field)
		*field = name;
	return LG_DECODER_MISSING;
}

enum lg_decoder_result lg_decoder_add(struct lg_decoder *decoder,
				      const struct lg_trace_format *format, const char **field)
{
	struct lg_decoder_entry found = {0}, *entry;
	lg_u32 kind = kind_of(format->name);
	const char *lacking;

	if (kind == LG_EVENT_KINDS)
		return LG_DECODER_UNKNOWN;
	lacking = resolve_all(format, lg_event_spec(kind), &found);
	if (lacking)
		return missing(lacking, field);
	entry = entry_of(decoder, &found);
	if (!entry)
		return LG_DECODER_UNKNOWN;
	if (kind == LG_EVENT_SCHED_SWITCH)
		decoder->states = format->states;
	entry->kind = kind;
	memcpy(entry->fields, found.fields, sizeof(found.fields));
	decoder->known |= LG_EVENT_BIT(kind);
	return LG_DECODER_ADDED;
}

enum lg_decoder_result lg_decoder_declare(struct lg_decoder *decoder,
					  const struct lg_declared *declared, lg_u32 event,
					  const struct lg_trace_format *format, const char **field)
{
	const struct lg_declared_event *names = lg_declared_event(declared, event);
	struct lg_decoder_entry found = {0}, *entry;
	const char *lacking = resolve_common(format, &found);
	lg_u32 present = LG_DECLARED_PRESENT;

	if (lacking)
		return missing(lacking, field);
	entry = names ? entry_of(decoder, &found) : NULL;
	if (!entry)
		return LG_DECODER_UNKNOWN;
	entry->declared = event + 1;
	entry->value_count = names->field_count;
	entry->texts = names->texts;
	for (lg_u32 i = 0; i < names->field_count; i++) {
		if (resolve(format, names->fields[i], names->texts >> i & 1, &entry->values[i]))
			present |= 1u << i;
	}
	decoder->present[event] = present;
	return LG_DECODER_ADDED;
}
