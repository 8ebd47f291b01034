// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * Synchronous binder transactions: sent to received by the target, and sent to
 * reply received by the caller, split by the caller's process class.
 *
 * Only the tracepoint rung: the driver is a module on some kernels, before 5.11
 * without BTF, while the events have kept their layout since 3.14.
 */
#define LG_METRICS 2
#include "probe.h"

enum {
	METRIC_CALL = 0,
	METRIC_ROUNDTRIP = 1,
	CLASSES = 3,
	MAX_TRANSACTIONS = 8192,
	MAX_THREADS = 8192,
	MAX_NESTING = 4, /* transactions of one thread, each made while serving another */
	TF_ONE_WAY = 1,
};

LG_HIST_ARRAY(h_binder_call, CLASSES);
LG_HIST_ARRAY(h_binder_roundtrip, CLASSES);

/*
 * What an event says, as in events/binder/<event>/format. Every record begins
 * with what all events have: 8 bytes, and 12 with the patches for PREEMPT_RT of 6.1.
 */
enum { COMMON_SIZE = 8 };

struct trace_entry {
	int pid;
} __attribute__((preserve_access_index));

struct transaction_event {
	int debug_id;
	int target_node;
	int to_proc;
	int to_thread; /* of a reply: the caller, as thread id */
	int reply;
	unsigned int code;
	unsigned int flags;
};

struct received_event {
	int debug_id;
};

struct short_transaction {
	u64 common;
	struct transaction_event event;
};

struct long_transaction {
	u32 common[3];
	struct transaction_event event;
};

struct short_received {
	u64 common;
	struct received_event event;
};

struct long_received {
	u32 common[3];
	struct received_event event;
};

/* Where the kernel's types are not known, it is taken for a usual one. */
static __always_inline bool is_long(void)
{
	return bpf_core_type_exists(struct trace_entry) &&
	       bpf_core_type_size(struct trace_entry) > COMMON_SIZE;
}

/* Transactions on their way to the target, by debug_id. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_TRANSACTIONS);
	__type(key, u32);
	__type(value, struct lg_stamp);
} s_binder_calls SEC(".maps");

/* Replies on their way back, by debug_id, with the stamp of what they answer. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_TRANSACTIONS);
	__type(key, u32);
	__type(value, struct lg_stamp);
} s_binder_replies SEC(".maps");

/*
 * A thread waits for one transaction at a time, but may be asked to serve
 * another while it waits, and ask again from there: replies come in reverse
 * order. sent[served] is the transaction made while serving that many others.
 */
struct thread_state {
	u32 served;
	u32 pad;
	struct lg_stamp sent[MAX_NESTING];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_THREADS);
	__type(key, u32);
	__type(value, struct thread_state);
} s_binder_threads SEC(".maps");

static __always_inline struct thread_state *make_thread(u32 tid)
{
	struct thread_state *thread = bpf_map_lookup_elem(&s_binder_threads, &tid), fresh = {};

	if (thread)
		return thread;
	bpf_map_update_elem(&s_binder_threads, &tid, &fresh, BPF_NOEXIST);
	return bpf_map_lookup_elem(&s_binder_threads, &tid);
}

static __always_inline struct lg_stamp *sent_slot(struct thread_state *thread)
{
	u32 level = thread->served;

	if (level >= MAX_NESTING)
		return NULL;
	/* Older verifiers lose the bound; the mask, which changes nothing, says it again. */
	barrier_var(level);
	return &thread->sent[level & (MAX_NESTING - 1)];
}

static __always_inline void sent(u32 id, u32 word, u64 now)
{
	struct lg_counters *c = lg_metric(METRIC_ROUNDTRIP);
	struct thread_state *thread = make_thread(bpf_get_current_pid_tgid());
	struct lg_stamp *slot = thread ? sent_slot(thread) : NULL;
	u32 class_ = lg_class_current();

	lg_start_key(&s_binder_calls, &id, word, now, class_, lg_metric(METRIC_CALL));
	if (slot)
		lg_start(slot, word, now, class_, c);
	else if (c && lg_judged(word))
		c->map_full++;
}

/* Moves the caller's stamp to the reply, which the caller has yet to receive. */
static __always_inline void replied(u32 id, u32 caller_tid, u32 word)
{
	struct lg_counters *c = lg_metric(METRIC_ROUNDTRIP);
	u32 server_tid = bpf_get_current_pid_tgid();
	struct thread_state *server = bpf_map_lookup_elem(&s_binder_threads, &server_tid);
	struct thread_state *caller = bpf_map_lookup_elem(&s_binder_threads, &caller_tid);
	struct lg_stamp *slot = caller ? sent_slot(caller) : NULL;

	if (server && server->served)
		server->served--;
	if (!c)
		return;
	if (!slot || !slot->word) {
		if (lg_window_state(word) != LG_WINDOW_ARMED)
			c->no_start++;
		return;
	}
	if (bpf_map_update_elem(&s_binder_replies, &id, slot, BPF_ANY)) {
		c->map_full++;
		lg_cancel(slot, word, c);
	}
	slot->word = 0;
}

static __always_inline void finish(void *map, u32 id, u32 word, u64 now, u32 metric, void *hist)
{
	struct lg_counters *c = lg_metric(metric);
	struct lg_span span;

	if (c && lg_end_key(map, &id, word, now, c, &span))
		lg_record(lg_hist_at(hist, span.class_), &span, c);
}

static __always_inline int on_transaction(u32 id, u32 to_thread, u32 reply, u32 flags)
{
	u32 word = lg_window_now();

	if (!word || flags & TF_ONE_WAY)
		return 0;
	if (reply)
		replied(id, to_thread, word);
	else
		sent(id, word, bpf_ktime_get_ns());
	return 0;
}

/* The barriers keep the loads of both forms at constant offsets, as the verifier wants them. */
SEC("tracepoint/binder/binder_transaction")
int binder_transaction__tracepoint(const void *record)
{
	u32 id, to_thread, reply, flags;

	if (is_long()) {
		const struct long_transaction *of = record;

		id = of->event.debug_id;
		to_thread = of->event.to_thread;
		reply = of->event.reply;
		flags = of->event.flags;
		barrier();
	} else {
		const struct short_transaction *of = record;

		id = of->event.debug_id;
		to_thread = of->event.to_thread;
		reply = of->event.reply;
		flags = of->event.flags;
		barrier();
	}
	return on_transaction(id, to_thread, reply, flags);
}

static __always_inline int on_received(u32 id)
{
	u32 word = lg_window_now();
	struct thread_state *thread;
	u64 now;

	if (!word)
		return 0;
	now = bpf_ktime_get_ns();
	if (bpf_map_lookup_elem(&s_binder_calls, &id)) {
		thread = make_thread(bpf_get_current_pid_tgid());
		if (thread)
			thread->served++;
		finish(&s_binder_calls, id, word, now, METRIC_CALL, &h_binder_call);
	} else if (bpf_map_lookup_elem(&s_binder_replies, &id)) {
		finish(&s_binder_replies, id, word, now, METRIC_ROUNDTRIP, &h_binder_roundtrip);
	}
	/* Anything else is one-way, or was sent before the window: replied() counts those. */
	return 0;
}

SEC("tracepoint/binder/binder_transaction_received")
int binder_transaction_received__tracepoint(const void *record)
{
	u32 id;

	if (is_long()) {
		id = ((const struct long_received *)record)->event.debug_id;
		barrier();
	} else {
		id = ((const struct short_received *)record)->event.debug_id;
		barrier();
	}
	return on_received(id);
}
