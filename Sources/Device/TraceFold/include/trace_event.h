/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Trace events as the folders want them: few fields, one meaning on every
 * kernel. The agent decodes them from records of the ring buffer, the host from
 * a perfetto trace.
 */
#ifndef LATGATE_TRACE_EVENT_H
#define LATGATE_TRACE_EVENT_H

#include "trace_declared.h"
#include "trace_page.h"

/*
 * Events that the library's own metrics need, numbered from 0 without gaps;
 * LG_EVENT_BIT() makes a set of them. Those of declared metrics are numbered by
 * their set (trace_declared.h); an event may be both.
 */
enum lg_event_kind {
	LG_EVENT_SCHED_SWITCH,
	LG_EVENT_SCHED_WAKEUP,
	LG_EVENT_SCHED_WAKEUP_NEW,
	LG_EVENT_SCHED_BLOCKED_REASON,
	LG_EVENT_TASK_NEWTASK,
	LG_EVENT_SCHED_PROCESS_FORK,
	LG_EVENT_BLOCK_ISSUE,
	LG_EVENT_BLOCK_COMPLETE,
	LG_EVENT_BLOCK_REQUEUE,
	LG_EVENT_BINDER_TRANSACTION,
	LG_EVENT_BINDER_RECEIVED,
	LG_EVENT_SOFTIRQ_RAISE,
	LG_EVENT_SOFTIRQ_ENTRY,
	LG_EVENT_SOFTIRQ_EXIT,
	LG_EVENT_CPU_FREQUENCY,
	LG_EVENT_KINDS, /* how many there are; as a kind: none of these */
};

#define LG_EVENT_BIT(kind) ((lg_u64)1 << (kind))
_Static_assert(LG_EVENT_KINDS <= 64, "a set of events is a lg_u64");

/* Where an event of a kind is found: events/<system>/<event>. NULL for no kind. */
const char *lg_event_system(lg_u32 kind);
const char *lg_event_name(lg_u32 kind);

/* Key of block.*, as LG_BLOCK_* of bpf/include/block_request.h. */
enum {
	LG_TRACE_OP_READ = 0,
	LG_TRACE_OP_WRITE = 1,
	LG_TRACE_OP_FLUSH = 2,
	LG_TRACE_OP_DISCARD = 3,
	LG_TRACE_OP_OTHER = 4,
};

/* LG_TRACE_OP_* of an event's `rwbs` text (kernel: blk_fill_rwbs()); NUL not needed. */
lg_u32 lg_trace_op(const char *rwbs, size_t size);

/* What a task does after sched_switch took the CPU from it. */
enum {
	LG_SLEEP_NONE = 0, /* runnable: preempted, or state RUNNING */
	LG_SLEEP_UNINTERRUPTIBLE = 1, /* "D", idle kernel threads excluded */
	LG_SLEEP_OTHER = 2, /* interruptible, stopped, dead, parked, idle */
};

/*
 * LG_SLEEP_* of a raw prev_state. Where `states` says nothing (0), the bits of
 * 4.14 and later are taken.
 */
lg_u32 lg_trace_sleep(lg_u64 prev_state, const struct lg_task_states *states);

struct lg_trace_event {
	lg_u64 time_ns;
	lg_u32 kind; /* enum lg_event_kind */
	lg_u32 cpu; /* that wrote it */
	lg_u32 tid; /* of the thread that runs on it; 0 = idle, or not known */
	lg_u32 declared; /* number of the declared event and 1; 0 = it is none */
	union {
		struct {
			lg_u32 prev_tid, next_tid;
			lg_u32 sleep; /* LG_SLEEP_* of prev */
		} sched_switch;
		struct {
			lg_u32 tid;
		} wakeup; /* and wakeup_new */
		struct {
			lg_u32 tid;
			lg_u32 io_wait; /* 1 = for I/O */
		} blocked;
		struct {
			lg_u32 parent_tid, child_tid;
			lg_u32 thread; /* 1 thread, 0 process, LG_FORK_UNKNOWN */
		} fork;
		struct {
			lg_u64 sector; /* (sector_t)-1 and 0 are both "none" */
			lg_u32 dev; /* dev_t: major << 20 | minor */
			lg_u32 sectors; /* issued, or of this completion */
			lg_u32 op; /* LG_TRACE_OP_* */
		} block;
		struct {
			lg_u32 id; /* debug_id */
			lg_u32 to_tid; /* of a reply: the caller; else any thread = 0 */
			lg_u32 reply; /* 1 = a reply */
			lg_u32 one_way; /* 1 = no reply is expected */
		} binder; /* received: id alone */
		struct {
			lg_u32 vector;
		} softirq;
		struct {
			lg_u32 cpu, khz;
		} frequency;
	};
	/* Of a declared event alone, by its fields; numbers with a sign are extended. */
	lg_u64 values[LG_SPANS_EVENT_FIELDS];
	char text[LG_NAME_LEN];
};

enum { LG_FORK_UNKNOWN = 2 };

/* From records to events: knows the formats of one kernel. Copyable; no memory of its own. */
struct lg_decoder {
	struct lg_task_states states;
	lg_u64 known; /* LG_EVENT_BIT()s of the kinds it was given */
	lg_u32 present[LG_DECLARED_EVENTS]; /* the same of declared events, for lg_fold_options */
	lg_u32 count; /* entries used */
	struct lg_decoder_entry {
		lg_u32 id; /* common_type */
		lg_u32 kind; /* LG_EVENT_KINDS = none */
		lg_u32 declared; /* number of the declared event and 1; 0 = none */
		lg_u32 value_count, texts; /* of the declared event */
		struct lg_decoder_field {
			lg_u32 offset, size; /* size 0 = the event has no such field */
			lg_u32 kind; /* enum lg_field_kind */
			bool is_signed;
		} type, tid, fields[4]; /* fields: by kind, see event_specs.c */
		struct lg_decoder_field values[LG_SPANS_EVENT_FIELDS];
	} entries[LG_EVENT_KINDS + LG_DECLARED_EVENTS];
};

void lg_decoder_init(struct lg_decoder *decoder);

enum lg_decoder_result {
	LG_DECODER_ADDED,
	LG_DECODER_UNKNOWN, /* an event that no folder wants */
	LG_DECODER_MISSING, /* a field that its folder needs is not there: *field */
};

/* field: NULL or where the name of a missing field goes (static text). */
enum lg_decoder_result lg_decoder_add(struct lg_decoder *decoder,
				      const struct lg_trace_format *format, const char **field);

/*
 * The same for an event of a set of declared ones. Fields that the format does
 * not have, or that are of another kind, are not in present[event];
 * LG_DECODER_MISSING when the common fields are not there.
 */
enum lg_decoder_result lg_decoder_declare(struct lg_decoder *decoder,
					  const struct lg_declared *declared, lg_u32 event,
					  const struct lg_trace_format *format, const char **field);

enum lg_decode_state {
	LG_DECODED,
	LG_DECODE_OTHER, /* an event the decoder was not given */
	LG_DECODE_SHORT, /* fields lie outside the record: the format is not this kernel's */
};

enum lg_decode_state lg_decode(const struct lg_decoder *decoder, lg_u32 cpu,
			       const struct lg_trace_record *record, struct lg_trace_event *out);

#endif
