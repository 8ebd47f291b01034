/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Declared metrics as a set: which events they need, and what each event is to them. */
#include <stdlib.h>
#include <string.h>

#include "declared.h"

_Static_assert(LG_DECLARED_EVENTS <= 256, "an event's number is a byte");
_Static_assert(LG_SPANS_EVENT_FIELDS <= 8, "a set of an event's fields is a byte");
_Static_assert(LG_SPANS_SPANS <= 32, "a set of spans is a lg_u32");

enum { NO_VALUE = 0xff };

struct lg_declared *lg_declared_new(void)
{
	return calloc(1, sizeof(struct lg_declared));
}

void lg_declared_free(struct lg_declared *declared)
{
	if (!declared)
		return;
	for (lg_u32 i = 0; i < declared->metric_count; i++)
		free(declared->metrics[i]);
	for (lg_u32 i = 0; i < declared->event_count; i++)
		free(declared->events[i].steps);
	free(declared);
}

/* The event's entry, made when new; NULL without room. */
static struct lg_declared_entry *entry_of(struct lg_declared *declared,
					  const struct lg_event_name *name)
{
	struct lg_declared_entry *entry = declared->events;

	for (lg_u32 i = 0; i < declared->event_count; i++, entry++) {
		if (!strcmp(entry->event.system, name->system) &&
		    !strcmp(entry->event.name, name->event))
			return entry;
	}
	if (declared->event_count == LG_DECLARED_EVENTS)
		return NULL;
	declared->event_count++;
	memcpy(entry->event.system, name->system, sizeof(name->system));
	memcpy(entry->event.name, name->event, sizeof(name->event));
	return entry;
}

/* Which value of the event a field is; NO_VALUE without room. */
static lg_u8 value_of(struct lg_declared_event *event, const struct lg_declared_field *field)
{
	lg_u32 i = 0;

	while (i < event->field_count &&
	       (strcmp(event->fields[i], field->name) || (event->texts >> i & 1) != field->text))
		i++;
	if (i < event->field_count)
		return (lg_u8)i;
	/* There is room for one text in an event. */
	if (i == LG_SPANS_EVENT_FIELDS || (field->text && event->texts))
		return NO_VALUE;
	memcpy(event->fields[i], field->name, sizeof(field->name));
	event->texts |= (lg_u32)field->text << i;
	event->field_count++;
	return (lg_u8)i;
}

/* Whether a start or an end of a span reads a field. */
static bool reads(const struct lg_declaration *metric, lg_u32 number, bool is_end, lg_u32 field)
{
	const struct lg_declared_span *span = &metric->spans[number];
	bool names = metric->name != LG_SPANS_NONE;

	if (is_end && metric->value == field)
		return true;
	for (lg_u32 i = 0; i < metric->column_count && is_end; i++) {
		if (metric->columns[i] == field)
			return true;
	}

	for (lg_u32 i = 0; i < metric->by_count; i++) {
		if (metric->by[i] == field)
			return true;
	}
	for (lg_u32 i = 0; i < metric->condition_count; i++) {
		if (metric->conditions[i].field == field &&
		    lg_condition_asked(&metric->conditions[i], number, is_end))
			return true;
	}
	/* The start needs the label to name it. */
	for (lg_u32 i = 0; i < metric->key_count && (is_end || names); i++) {
		if (span->sources[i] == field)
			return true;
	}
	return (!is_end || metric->single) && names && metric->name == field;
}

static const char *add_step(struct lg_declared *declared, lg_u32 metric, lg_u32 span, bool is_end)
{
	const struct lg_declaration *declaration = declared->metrics[metric];
	const struct lg_declared_span *names = &declaration->spans[span];
	struct lg_declared_entry *entry = entry_of(declared, is_end ? &names->to : &names->from);
	struct lg_span_step *steps, step = {.metric = metric, .span = span, .is_end = is_end};
	struct lg_span_events *events = &declared->spans[metric][span];
	lg_u8 fields = 0;
	size_t at = 0;

	if (!entry)
		return "more than 128 events are declared";
	for (lg_u32 i = 0; i < declaration->field_count; i++) {
		if (!reads(declaration, span, is_end, i))
			continue;
		step.values[i] = value_of(&entry->event, &declaration->fields[i]);
		if (step.values[i] == NO_VALUE)
			return "more than 8 fields of one event, or more than one text";
		fields |= (lg_u8)(1u << step.values[i]);
	}
	steps = realloc(entry->steps, (entry->step_count + 1) * sizeof(*steps));
	if (!steps)
		return "no memory";
	entry->steps = steps;
	/* An event that ends an operation and begins another does both, the end first. */
	while (at < entry->step_count && (!is_end || steps[at].is_end))
		at++;
	memmove(steps + at + 1, steps + at, (entry->step_count - at) * sizeof(*steps));
	steps[at] = step;
	entry->step_count++;
	if (is_end) {
		events->to = (lg_u8)(entry - declared->events);
		events->to_fields = fields;
	}
	if (!is_end || declaration->single) {
		events->from = (lg_u8)(entry - declared->events);
		events->from_fields = fields;
	}
	return NULL;
}

static void remove_steps(struct lg_declared *declared, lg_u32 metric)
{
	for (lg_u32 i = 0; i < declared->event_count; i++) {
		struct lg_declared_entry *entry = &declared->events[i];
		size_t kept = 0;

		for (size_t n = 0; n < entry->step_count; n++) {
			if (entry->steps[n].metric != metric)
				entry->steps[kept++] = entry->steps[n];
		}
		entry->step_count = kept;
	}
}

int lg_declared_add(struct lg_declared *declared, const unsigned char *bytes, size_t size,
		    const char **fault)
{
	lg_u32 metric = declared->metric_count;
	struct lg_declaration *declaration = malloc(sizeof(*declaration));
	const char *wrong =
		declaration ? lg_declaration_read(declaration, bytes, size) : "no memory";

	if (!wrong && metric == LG_DECLARED_METRICS)
		wrong = "more than 128 metrics are declared";
	if (wrong) {
		free(declaration);
		*fault = wrong;
		return -1;
	}
	declared->metrics[metric] = declaration;
	for (lg_u32 span = 0; span < declaration->span_count && !wrong; span++) {
		if (!declaration->single)
			wrong = add_step(declared, metric, span, false);
		if (!wrong)
			wrong = add_step(declared, metric, span, true);
	}
	if (wrong) {
		remove_steps(declared, metric);
		free(declaration);
		*fault = wrong;
		return -1;
	}
	declared->metric_count++;
	return (int)metric;
}

lg_u32 lg_declared_metrics(const struct lg_declared *declared)
{
	return declared->metric_count;
}

bool lg_declared_metric(const struct lg_declared *declared, lg_u32 metric,
			struct lg_declared_metric *out)
{
	const struct lg_declaration *declaration;

	if (metric >= declared->metric_count)
		return false;
	declaration = declared->metrics[metric];
	out->name = declaration->metric;
	out->kind = declaration->kind;
	out->key_size = 4 * (size_t)declaration->key_count;
	out->by_class = declaration->by_class;
	return true;
}

lg_u32 lg_declared_events(const struct lg_declared *declared)
{
	return declared->event_count;
}

const struct lg_declared_event *lg_declared_event(const struct lg_declared *declared, lg_u32 event)
{
	return event < declared->event_count ? &declared->events[event].event : NULL;
}

static bool has(lg_u32 present, lg_u8 fields)
{
	return present & LG_DECLARED_PRESENT && !(fields & ~present);
}

lg_u32 lg_declared_whole(const struct lg_declared *declared, lg_u32 metric, const lg_u32 *present)
{
	const struct lg_declaration *declaration = declared->metrics[metric];
	lg_u32 whole = 0;

	for (lg_u32 i = 0; i < declaration->span_count; i++) {
		const struct lg_span_events *span = &declared->spans[metric][i];

		if (has(present[span->from], span->from_fields) &&
		    has(present[span->to], span->to_fields))
			whole |= 1u << i;
		else if (!declaration->spans[i].optional)
			return 0;
	}
	return whole;
}

bool lg_declared_possible(const struct lg_declared *declared, lg_u32 metric, const lg_u32 *present)
{
	return metric < declared->metric_count && lg_declared_whole(declared, metric, present);
}

bool lg_declared_uses(const struct lg_declared *declared, lg_u32 metric, lg_u32 event,
		      const lg_u32 *present)
{
	lg_u32 spans;

	if (metric >= declared->metric_count)
		return false;
	spans = present ? lg_declared_whole(declared, metric, present) : ~0u;
	for (lg_u32 i = 0; i < declared->metrics[metric]->span_count; i++) {
		const struct lg_span_events *span = &declared->spans[metric][i];

		if (spans >> i & 1 && (span->from == event || span->to == event))
			return true;
	}
	return false;
}

const char *lg_declared_lacking(const struct lg_declared *declared, lg_u32 metric, lg_u32 event,
				lg_u32 present)
{
	const struct lg_declared_event *names = lg_declared_event(declared, event);
	lg_u32 fields = 0;

	if (!names || metric >= declared->metric_count)
		return NULL;
	for (lg_u32 i = 0; i < declared->metrics[metric]->span_count; i++) {
		const struct lg_span_events *span = &declared->spans[metric][i];

		if (span->from == event)
			fields |= span->from_fields;
		if (span->to == event)
			fields |= span->to_fields;
	}
	for (lg_u32 i = 0; i < names->field_count; i++) {
		if (fields & ~present & 1u << i)
			return names->fields[i];
	}
	return NULL;
}
