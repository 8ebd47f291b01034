// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * Block I/O by request: waiting in the scheduler (insert to issue), in the
 * device (issue to completion) and both.
 */
#define LG_METRICS 3
#define LG_NEST_LEVELS 4 /* a completion in a hardirq interrupts one in a softirq */
#include "probe.h"
#include "block_request.h"

enum {
	METRIC_QUEUE = 0,
	METRIC_DEVICE = 1,
	METRIC_TOTAL = 2,
	MAX_LABELS = 64,
	MAX_REQUESTS = 16384,
	NO_CLASS = LG_CLASS_USER, /* a request belongs to no one task */
};

struct block_key {
	u32 dev;
	u32 op;
};

LG_HIST_LABELS(h_block_queue, struct block_key, MAX_LABELS);
LG_HIST_LABELS(h_block_device, struct block_key, MAX_LABELS);
LG_HIST_LABELS(h_block_total, struct block_key, MAX_LABELS);

struct request_state {
	struct lg_stamp queue;
	struct lg_stamp device;
	struct lg_stamp total;
	u32 requeued; /* 1: given back by the driver, so the total continues */
	u32 pad;
};

/* Requests are allocated once and used again, so their entries stay. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_REQUESTS);
	__type(key, u64);
	__type(value, struct request_state);
} s_block_requests SEC(".maps");

static __always_inline struct request_state *find_state(struct request *rq)
{
	u64 key = (u64)rq;

	return bpf_map_lookup_elem(&s_block_requests, &key);
}

/* NULL when the map is full, which is counted for the metric whose start is lost. */
static __always_inline struct request_state *make_state(struct request *rq, u32 word, u32 level,
							u32 metric)
{
	struct request_state *state = find_state(rq), fresh = {};
	struct lg_counters *c;
	u64 key = (u64)rq;

	if (state)
		return state;
	bpf_map_update_elem(&s_block_requests, &key, &fresh, BPF_NOEXIST);
	state = bpf_map_lookup_elem(&s_block_requests, &key);
	if (!state && lg_judged(word)) {
		c = lg_metric_on(metric, level);
		if (c)
			c->map_full++;
		c = lg_metric_on(METRIC_TOTAL, level);
		if (c)
			c->map_full++;
	}
	return state;
}

static __always_inline void start(struct lg_stamp *stamp, u32 word, u32 level, u64 now, u32 metric)
{
	lg_start(stamp, word, now, NO_CLASS, lg_metric_on(metric, level));
}

static __always_inline void end(struct lg_stamp *stamp, u32 word, u32 level, u64 now, u32 metric,
				void *map, const struct block_key *key)
{
	struct lg_counters *c = lg_metric_on(metric, level);
	struct lg_span span;

	if (c && lg_end(stamp, word, now, c, &span))
		lg_record(lg_hist_on(map, key, level), &span, c);
}

static __always_inline void fill_key(struct block_key *key, struct request *rq, bool direct)
{
	key->dev = lg_request_dev(rq, direct);
	key->op = lg_request_op(rq, direct);
}

static __always_inline void inserted(struct request *rq, u32 word, u32 level)
{
	u64 now = bpf_ktime_get_ns();
	struct request_state *state = make_state(rq, word, level, METRIC_QUEUE);

	if (!state)
		return;
	if (!state->requeued || !lg_in_flight(&state->queue, word))
		start(&state->queue, word, level, now, METRIC_QUEUE);
	if (!state->requeued || !lg_in_flight(&state->total, word))
		start(&state->total, word, level, now, METRIC_TOTAL);
	state->requeued = 0;
}

static __always_inline void issued(struct request *rq, u32 word, u32 level, bool direct)
{
	u64 now = bpf_ktime_get_ns();
	struct request_state *state = make_state(rq, word, level, METRIC_DEVICE);
	struct block_key key;

	if (!state)
		return;
	/* Without a scheduler, and for flushes, a request is never inserted. */
	if (state->queue.word) {
		fill_key(&key, rq, direct);
		end(&state->queue, word, level, now, METRIC_QUEUE, &h_block_queue, &key);
	}
	/* Issued again without a requeue: the driver dropped the request before. */
	if (lg_in_flight(&state->device, word) || !lg_in_flight(&state->total, word))
		start(&state->total, word, level, now, METRIC_TOTAL);
	start(&state->device, word, level, now, METRIC_DEVICE);
	state->requeued = 0;
}

/* The driver gave the request back: that time in the device was none. */
static __always_inline void requeued(struct request *rq, u32 word, u32 level)
{
	struct request_state *state = find_state(rq);

	if (!state)
		return;
	lg_cancel(&state->device, word, lg_metric_on(METRIC_DEVICE, level));
	state->requeued = 1;
}

/* A queued request was swallowed by its neighbour and ends here. */
static __always_inline void merged(struct request *rq, u32 word, u32 level)
{
	struct request_state *state = find_state(rq);

	if (!state)
		return;
	lg_cancel(&state->queue, word, lg_metric_on(METRIC_QUEUE, level));
	lg_cancel(&state->total, word, lg_metric_on(METRIC_TOTAL, level));
}

static __always_inline void completed(struct request *rq, u32 bytes, u32 word, u32 level,
				      bool direct)
{
	u64 now = bpf_ktime_get_ns();
	u32 left = lg_request_bytes(rq, direct);
	struct request_state *state;
	struct block_key key;

	/* Part of the request; the rest follows. */
	if (bytes < left)
		return;
	fill_key(&key, rq, direct);
	state = find_state(rq);
	/*
	 * A write with a flush goes to the device as a flush and a write; when
	 * both are done it completes once more with nothing left to transfer.
	 */
	if (!left && key.op != LG_BLOCK_FLUSH && (!state || !state->device.word))
		return;
	end(state ? &state->device : NULL, word, level, now, METRIC_DEVICE, &h_block_device, &key);
	end(state ? &state->total : NULL, word, level, now, METRIC_TOTAL, &h_block_total, &key);
	if (state) {
		lg_cancel(&state->queue, word, lg_metric_on(METRIC_QUEUE, level));
		state->requeued = 0;
	}
}

static __always_inline int on_insert(u64 *ctx)
{
	return LG_NESTED(inserted(lg_request_argument(ctx), word, level));
}

static __always_inline int on_issue(u64 *ctx, bool direct)
{
	return LG_NESTED(issued(lg_request_argument(ctx), word, level, direct));
}

static __always_inline int on_requeue(u64 *ctx)
{
	return LG_NESTED(requeued(lg_request_argument(ctx), word, level));
}

static __always_inline int on_merge(u64 *ctx)
{
	return LG_NESTED(merged(lg_request_argument(ctx), word, level));
}

static __always_inline int on_complete(struct request *rq, u32 bytes, bool direct)
{
	return LG_NESTED(completed(rq, bytes, word, level, direct));
}

LG_OPT_TRACEPOINT(block_rq_insert, on_insert(ctx))
LG_TRACEPOINT(block_rq_issue, on_issue(ctx, direct))
LG_OPT_TRACEPOINT(block_rq_requeue, on_requeue(ctx))
LG_OPT_TRACEPOINT(block_rq_merge, on_merge(ctx))
/* The second argument, an error or a status, changed its type in 5.16. */
LG_TRACEPOINT(block_rq_complete, on_complete(rq, bytes, direct), struct request *rq, u64 error,
	      unsigned int bytes)
