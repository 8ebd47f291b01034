/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Metrics of spans: what ProbePrograms writes into a BPF program for a table,
 * read from its declaration for each event.
 */
#define _GNU_SOURCE 1
#include <stdlib.h>
#include <string.h>

#include "declared.h"
#include "fold_internal.h"

/* One event as one metric sees it. */
struct view {
	struct lg_fold *fold;
	lg_u32 metric; /* of the fold */
	const struct lg_declaration *table;
	const struct lg_declared_span *span;
	const struct lg_span_step *step;
	const struct lg_trace_event *event;
};

static lg_u64 number(const struct view *v, lg_u32 field)
{
	lg_u64 value = v->event->values[v->step->values[field]];

	return v->table->fields[field].wide ? value : (lg_u32)value;
}

static bool matches(const struct view *v)
{
	const struct lg_declaration *table = v->table;

	for (lg_u32 i = 0; i < table->condition_count; i++) {
		const struct lg_condition *condition = &table->conditions[i];
		lg_u32 n = 0;
		lg_u64 value;

		if (!lg_condition_asked(condition, v->step->span, v->step->is_end))
			continue;
		value = number(v, condition->field);
		while (n < condition->count && table->values[condition->first + n] != value)
			n++;
		if (n == condition->count)
			return false;
	}
	return true;
}

/* What ties an end to its start. */
static struct lg_key operation(const struct view *v)
{
	const struct lg_declaration *table = v->table;
	struct lg_key key = {.high = (lg_u64)v->step->span << 56};

	if (table->by_cpu)
		key.high |= (lg_u64)(v->event->cpu & 0xffff) << 32;
	if (table->by_thread)
		key.high |= v->event->tid;
	if (table->by_count > 0)
		key.low = number(v, table->by[0]);
	for (lg_u32 i = 1; i < table->by_count; i++)
		key.more[i - 1] = number(v, table->by[i]);
	return key;
}

static struct lg_label_key label(const struct view *v, lg_u32 class_)
{
	lg_u32 words[LG_SPANS_LABELS] = {0};
	struct lg_label_key key;

	for (lg_u32 i = 0; i < v->table->key_count; i++) {
		lg_u8 source = v->span->sources[i];

		if (source == LG_SPANS_FROM_CLASS)
			words[i] = class_;
		else if (source == LG_SPANS_FROM_CONSTANT)
			words[i] = v->span->constants[i];
		else
			words[i] = (lg_u32)number(v, source);
	}
	_Static_assert(sizeof(key) == sizeof(words), "a key has room for all labels");
	memcpy(&key, words, sizeof(key));
	return key;
}

/* The first text seen of a label names it. */
static void name(const struct view *v)
{
	struct lg_folded *folded = &v->fold->metrics[v->metric];
	struct lg_label_key of = label(v, 0);
	struct lg_key key = {of.words[0], of.words[1], {of.words[2], 0}};
	struct lg_slot *slot;
	char(*texts)[LG_NAME_LEN];
	size_t size;

	if (!v->event->text[0] || lg_table_find_key(&folded->names, &key))
		return;
	texts = realloc(folded->texts, (folded->names.count + 1) * sizeof(*texts));
	if (!texts)
		return;
	folded->texts = texts;
	slot = lg_table_make_key(&folded->names, &key);
	if (!slot)
		return;
	slot->value = (lg_u32)folded->names.count - 1;
	size = strnlen(v->event->text, LG_NAME_LEN - 1);
	memcpy(texts[slot->value], v->event->text, size);
	texts[slot->value][size] = 0;
}

const char *lg_fold_name_of(const struct lg_folded *folded, const struct lg_label_key *of)
{
	struct lg_key key = {of->words[0], of->words[1], {of->words[2], 0}};
	const struct lg_slot *slot = lg_table_find_key(&folded->names, &key);

	return slot ? folded->texts[slot->value] : NULL;
}

static bool is_text_column(const struct lg_declaration *table, lg_u32 column)
{
	lg_u8 source = table->columns[column];

	return source < table->field_count && table->fields[source].text;
}

size_t lg_fold_row_size(const struct lg_declaration *table)
{
	size_t size = sizeof(lg_u64);

	if (table->kind != LG_KIND_EVENTS)
		return 0;
	for (lg_u32 i = 0; i < table->column_count; i++)
		size += is_text_column(table, i) ? (size_t)LG_NAME_LEN : sizeof(lg_u64);
	return size;
}

static lg_u64 column(const struct view *v, lg_u8 source, lg_u32 class_, lg_u64 duration)
{
	switch (source) {
	case LG_SPANS_FROM_CLASS:
		return class_;
	case LG_SPANS_FROM_DURATION:
		return duration;
	case LG_SPANS_FROM_THREAD:
		return v->event->tid;
	case LG_SPANS_FROM_CPU:
		return v->event->cpu;
	default:
		return number(v, source);
	}
}

/* It is recorded whether there is room for it or not: see bpf/include/event.h. */
static void record_row(const struct view *v, lg_u32 class_, lg_u64 duration)
{
	struct lg_folded *folded = &v->fold->metrics[v->metric];
	unsigned char *at = lg_rows_add(&folded->rows, v->event->cpu, LG_FOLD_MAX_CPUS);
	lg_u64 value = v->event->time_ns - v->fold->open_ns;

	folded->counters.recorded++;
	if (!at)
		return;
	memcpy(at, &value, sizeof(value));
	at += sizeof(value);
	for (lg_u32 i = 0; i < v->table->column_count; i++) {
		if (is_text_column(v->table, i)) {
			memcpy(at, v->event->text, strnlen(v->event->text, LG_NAME_LEN - 1));
			at += LG_NAME_LEN;
			continue;
		}
		value = column(v, v->table->columns[i], class_, duration);
		memcpy(at, &value, sizeof(value));
		at += sizeof(value);
	}
}

/* In a histogram, or as a count. */
static void record_value(const struct view *v, lg_u32 class_)
{
	struct lg_folded *folded = &v->fold->metrics[v->metric];
	struct lg_counters *c = &folded->counters;
	struct lg_label_key key = label(v, class_);
	lg_u64 value = v->table->value == LG_SPANS_NONE ? 1 : number(v, v->table->value);
	void *of = lg_labels_value(&folded->labels, &key);
	struct lg_count *count = of;

	if (!of) {
		c->map_full++;
		c->cancelled++;
	} else if (v->table->kind == LG_KIND_COUNTER) {
		c->recorded++;
		count->count++;
		count->sum += value;
	} else if ((long long)value < 0) {
		c->negative++;
		c->cancelled++;
	} else {
		c->recorded++;
		if (lg_hist_sum_add(of, value))
			c->clamped++;
	}
}

/* A single event. */
static void happens(const struct view *v, lg_u32 state)
{
	lg_u32 class_ = LG_CLASS_KERNEL;

	if (state != LG_WINDOW_OPEN)
		return;
	if (v->table->by_class)
		class_ = lg_fold_class(v->fold, v->event->tid);
	if (!lg_fold_admit(v->fold, v->metric, class_))
		return;
	if (v->table->name != LG_SPANS_NONE)
		name(v);
	if (v->table->kind == LG_KIND_EVENTS)
		record_row(v, class_, 0);
	else
		record_value(v, class_);
}

static void begins(const struct view *v, lg_u32 state)
{
	struct lg_key key = operation(v);
	lg_u32 class_ = LG_CLASS_KERNEL;
	struct lg_slot *slot = NULL;

	if (v->table->keep_first || v->table->keep_last)
		slot = lg_table_find_key(&v->fold->metrics[v->metric].stamps, &key);
	if (slot && v->table->keep_first)
		return;
	if (slot)
		lg_fold_cancel(v->fold, v->metric, &slot->stamp);
	if (v->table->name != LG_SPANS_NONE)
		name(v);
	if (v->table->by_class)
		class_ = lg_fold_class(v->fold, v->event->tid);
	lg_fold_start_at(v->fold, v->metric, &key, state, v->event->time_ns, class_);
}

static void ends(const struct view *v, lg_u32 state)
{
	struct lg_key key = operation(v);
	struct lg_label_key of;
	struct lg_fold_span span;

	if (v->table->unmatched_ignored &&
	    !lg_table_find_key(&v->fold->metrics[v->metric].stamps, &key))
		return;
	if (!lg_fold_end_at(v->fold, v->metric, &key, state, v->event->time_ns, &span))
		return;
	if (v->table->kind == LG_KIND_EVENTS) {
		struct lg_counters *c = &v->fold->metrics[v->metric].counters;

		c->end_offset_sum += span.start_offset_ns;
		if (span.duration_ns < v->table->threshold)
			c->cancelled++;
		else
			record_row(v, span.class_, span.duration_ns);
		return;
	}
	of = label(v, span.class_);
	lg_fold_record_at(v->fold, v->metric, &of, &span);
}

void lg_fold_spans(struct lg_fold *fold, const struct lg_trace_event *event, lg_u32 state)
{
	const struct lg_declared *declared = fold->options.declared;
	const struct lg_declared_entry *entry;

	if (!declared || event->declared > declared->event_count)
		return;
	entry = &declared->events[event->declared - 1];
	for (size_t i = 0; i < entry->step_count; i++) {
		const struct lg_span_step *step = &entry->steps[i];
		struct view v = {fold, LG_FOLD_METRICS + step->metric, NULL, NULL, step, event};

		/* Metrics that were added later are not this fold's. */
		if (v.metric >= fold->metric_count ||
		    !(fold->spans[step->metric] >> step->span & 1))
			continue;
		v.table = declared->metrics[step->metric];
		v.span = &v.table->spans[step->span];
		if (!matches(&v))
			continue;
		if (v.table->single)
			happens(&v, state);
		else if (step->is_end)
			ends(&v, state);
		else
			begins(&v, state);
	}
}
