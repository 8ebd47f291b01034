/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* From a record's bytes to an event. */
#include <string.h>

#include "bytes.h"
#include "event_specs.h"

/* include/uapi/linux/sched.h and include/uapi/linux/android/binder.h. */
enum { CLONE_THREAD = 0x10000, TF_ONE_WAY = 1 };

/* Bits of prev_state since 4.14, where the format does not list them. */
static const struct lg_task_states usual_states = {
	.preempted = 0x100,
	.asleep = 0xff,
	.uninterruptible = 0x02,
	.idle = 0x400,
};

lg_u32 lg_trace_sleep(lg_u64 prev_state, const struct lg_task_states *states)
{
	const struct lg_task_states *bits = &usual_states;

	if (states && states->asleep && states->uninterruptible)
		bits = states;
	if (prev_state & bits->preempted || !(prev_state & bits->asleep))
		return LG_SLEEP_NONE;
	if (prev_state & bits->uninterruptible && !(prev_state & bits->idle))
		return LG_SLEEP_UNINTERRUPTIBLE;
	return LG_SLEEP_OTHER;
}

lg_u32 lg_trace_op(const char *rwbs, size_t size)
{
	char first = size > 0 ? rwbs[0] : 0;
	char second = size > 1 ? rwbs[1] : 0;

	/* A leading F is a flush before the operation, or the operation itself. */
	if (first == 'F' && second && strchr("RWDNZ", second)) {
		first = second;
		second = size > 2 ? rwbs[2] : 0;
	}
	switch (first) {
	case 'R':
		return LG_TRACE_OP_READ;
	case 'W':
		return LG_TRACE_OP_WRITE;
	case 'F':
		return LG_TRACE_OP_FLUSH;
	case 'D':
		/* DE: a secure erase. */
		return second == 'E' ? LG_TRACE_OP_OTHER : LG_TRACE_OP_DISCARD;
	default:
		return LG_TRACE_OP_OTHER;
	}
}

struct reading {
	const struct lg_trace_record *record;
	const struct lg_decoder_entry *entry;
	bool is_short; /* a field lies outside the record */
};

static lg_u64 number(struct reading *r, const struct lg_decoder_field *field)
{
	if (field->offset > r->record->size || field->size > r->record->size - field->offset) {
		r->is_short = true;
		return 0;
	}
	return lg_bytes_number(r->record->data + field->offset, field->size);
}

/* A number with a sign keeps it in all 64 bits; 0 where the event has no such field. */
static lg_u64 extended(struct reading *r, const struct lg_decoder_field *field)
{
	lg_u64 value;

	if (!field->size)
		return 0;
	value = number(r, field);
	if (field->is_signed && field->size < 8 && value >> (8 * field->size - 1) & 1)
		value |= ~(lg_u64)0 << 8 * field->size;
	return value;
}

static lg_u32 number32(struct reading *r, int index)
{
	return (lg_u32)number(r, &r->entry->fields[index]);
}

/* Text of a field, up to its NUL or end; empty where the event has no such field. */
static const char *text(struct reading *r, const struct lg_decoder_field *field, size_t *size)
{
	size_t offset = field->offset, room = field->size;

	*size = 0;
	if (!room)
		return "";
	if (field->kind != LG_FIELD_FIXED) {
		struct lg_decoder_field place = {.offset = field->offset, .size = 4};
		lg_u32 location = (lg_u32)number(r, &place);

		if (r->is_short)
			return "";
		room = location >> 16;
		offset = (location & 0xffff) +
			 (field->kind == LG_FIELD_REL_LOC ? field->offset + 4u : 0);
	}
	if (offset > r->record->size || room > r->record->size - offset) {
		r->is_short = true;
		return "";
	}
	*size = strnlen((const char *)r->record->data + offset, room);
	return (const char *)r->record->data + offset;
}

static void decode_block(struct reading *r, struct lg_trace_event *out)
{
	const char *rwbs;
	size_t size;

	out->block.dev = number32(r, 0);
	/* 4 bytes on 32-bit kernels without large block devices. */
	out->block.sector = number(r, &r->entry->fields[1]);
	if (r->entry->fields[1].size == 4 && out->block.sector == 0xffffffff)
		out->block.sector = ~(lg_u64)0;
	out->block.sectors = number32(r, 2);
	rwbs = text(r, &r->entry->fields[3], &size);
	out->block.op = lg_trace_op(rwbs, size);
}

static void decode_values(struct reading *r, struct lg_trace_event *out)
{
	const struct lg_decoder_entry *entry = r->entry;

	out->declared = entry->declared;
	out->text[0] = 0;
	for (lg_u32 i = 0; i < entry->value_count; i++) {
		const char *at;
		size_t size;

		if (!(entry->texts >> i & 1)) {
			out->values[i] = extended(r, &entry->values[i]);
			continue;
		}
		at = text(r, &entry->values[i], &size);
		size = size < LG_NAME_LEN ? size : LG_NAME_LEN - 1;
		memcpy(out->text, at, size);
		out->text[size] = 0;
	}
}

static void decode_fields(struct reading *r, const struct lg_task_states *states,
			  struct lg_trace_event *out)
{
	switch (out->kind) {
	case LG_EVENT_SCHED_SWITCH:
		out->sched_switch.prev_tid = number32(r, 0);
		out->sched_switch.next_tid = number32(r, 1);
		out->sched_switch.sleep = lg_trace_sleep(number(r, &r->entry->fields[2]), states);
		break;
	case LG_EVENT_SCHED_WAKEUP:
	case LG_EVENT_SCHED_WAKEUP_NEW:
		out->wakeup.tid = number32(r, 0);
		break;
	case LG_EVENT_SCHED_BLOCKED_REASON:
		out->blocked.tid = number32(r, 0);
		out->blocked.io_wait = number32(r, 1) != 0;
		break;
	case LG_EVENT_TASK_NEWTASK:
		out->fork.parent_tid = out->tid;
		out->fork.child_tid = number32(r, 0);
		out->fork.thread = (number32(r, 1) & CLONE_THREAD) != 0;
		break;
	case LG_EVENT_SCHED_PROCESS_FORK:
		out->fork.parent_tid = number32(r, 0);
		out->fork.child_tid = number32(r, 1);
		out->fork.thread = LG_FORK_UNKNOWN;
		break;
	case LG_EVENT_BLOCK_ISSUE:
	case LG_EVENT_BLOCK_COMPLETE:
	case LG_EVENT_BLOCK_REQUEUE:
		decode_block(r, out);
		break;
	case LG_EVENT_BINDER_TRANSACTION:
		out->binder.id = number32(r, 0);
		out->binder.to_tid = number32(r, 1);
		out->binder.reply = number32(r, 2) != 0;
		out->binder.one_way = number32(r, 3) & TF_ONE_WAY;
		break;
	case LG_EVENT_BINDER_RECEIVED:
		out->binder.id = number32(r, 0);
		break;
	case LG_EVENT_SOFTIRQ_RAISE:
	case LG_EVENT_SOFTIRQ_ENTRY:
	case LG_EVENT_SOFTIRQ_EXIT:
		out->softirq.vector = number32(r, 0);
		break;
	case LG_EVENT_CPU_FREQUENCY:
		out->frequency.cpu = number32(r, 0);
		out->frequency.khz = number32(r, 1);
		break;
	default:
		break;
	}
}

/* The common fields are the same in every event of a kernel. */
static const struct lg_decoder_entry *find_entry(const struct lg_decoder *decoder, lg_u64 id)
{
	for (lg_u32 i = 0; i < decoder->count; i++) {
		if (decoder->entries[i].id == id)
			return &decoder->entries[i];
	}
	return NULL;
}

enum lg_decode_state lg_decode(const struct lg_decoder *decoder, lg_u32 cpu,
			       const struct lg_trace_record *record, struct lg_trace_event *out)
{
	struct reading r = {.record = record};
	lg_u64 id;

	if (!decoder->count)
		return LG_DECODE_OTHER;
	id = number(&r, &decoder->entries[0].type);
	if (r.is_short)
		return LG_DECODE_SHORT;
	r.entry = find_entry(decoder, id);
	if (!r.entry)
		return LG_DECODE_OTHER;
	/* What declared events say is written with them: most events are none. */
	memset(out, 0, offsetof(struct lg_trace_event, values));
	out->time_ns = record->time_ns;
	out->kind = r.entry->kind;
	out->cpu = cpu;
	out->tid = (lg_u32)number(&r, &r.entry->tid);
	decode_fields(&r, &decoder->states, out);
	if (r.entry->declared)
		decode_values(&r, out);
	return r.is_short ? LG_DECODE_SHORT : LG_DECODED;
}
