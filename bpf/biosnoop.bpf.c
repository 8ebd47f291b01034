// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* Requests to block devices, from issue to completion, one by one. */
#define LG_METRICS 1
#define LG_NEST_LEVELS 4 /* a completion in a hardirq interrupts one in a softirq */
#define LG_ROWS
#include "probe.h"
#include "block_request.h"

enum { METRIC_REQUEST = 0, MAX_REQUESTS = 16384, ROWS = 1024 };

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct request___place {
	u64 __sector;
};

#pragma clang attribute pop

struct row {
	u64 time_ns;
	u64 duration;
	u64 pid;
	char comm[LG_COMM_LEN];
	u64 disk;
	u64 op;
	u64 sector;
	u64 bytes;
};

LG_ROW_ARRAY(e_biosnoop_request, struct row, ROWS);

struct issued {
	struct lg_stamp stamp;
	u64 sector;
	u32 pid, bytes;
	char comm[LG_COMM_LEN];
};

/* Requests are allocated once and used again, so their entries stay. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_REQUESTS);
	__type(key, u64);
	__type(value, struct issued);
} s_biosnoop SEC(".maps");

static __always_inline void begins(struct request *rq, u32 word, bool direct)
{
	struct lg_counters *c = lg_metric(METRIC_REQUEST);
	struct request___place *place = (void *)rq;
	struct issued *issued, fresh = {};
	u64 key = (u64)rq;

	if (!c)
		return;
	issued = bpf_map_lookup_elem(&s_biosnoop, &key);
	if (!issued) {
		if (bpf_map_update_elem(&s_biosnoop, &key, &fresh, BPF_NOEXIST) && lg_judged(word))
			c->map_full++;
		issued = bpf_map_lookup_elem(&s_biosnoop, &key);
		if (!issued)
			return;
	}
	issued->sector = lg_read(place, __sector, direct);
	issued->bytes = lg_request_bytes(rq, direct);
	issued->pid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(issued->comm, sizeof(issued->comm));
	lg_start(&issued->stamp, word, bpf_ktime_get_ns(), LG_CLASS_USER, c);
}

static __always_inline void gives_back(struct request *rq, u32 word)
{
	u64 key = (u64)rq;
	struct issued *issued = bpf_map_lookup_elem(&s_biosnoop, &key);

	if (issued)
		lg_cancel(&issued->stamp, word, lg_metric(METRIC_REQUEST));
}

static __always_inline void ends(struct request *rq, u32 bytes, u32 word, u64 now, bool direct)
{
	struct lg_counters *c = lg_metric(METRIC_REQUEST);
	u64 key = (u64)rq;
	struct issued *issued;
	struct lg_span span;
	struct row *row;

	/* Part of the request; the rest follows. */
	if (!c || bytes < lg_request_bytes(rq, direct))
		return;
	issued = bpf_map_lookup_elem(&s_biosnoop, &key);
	/* A flush completes once more than it is issued. */
	if (!issued || !issued->stamp.word || !lg_end(&issued->stamp, word, now, c, &span))
		return;
	row = lg_record_span_row(&e_biosnoop_request, METRIC_REQUEST, &span, 0, c);
	if (!row)
		return;
	row->time_ns = span.start_offset_ns + span.duration_ns;
	row->duration = span.duration_ns;
	row->pid = issued->pid;
	__builtin_memcpy(row->comm, issued->comm, sizeof(row->comm));
	row->disk = lg_request_dev(rq, direct);
	row->op = lg_request_op(rq, direct);
	row->sector = issued->sector;
	row->bytes = issued->bytes;
}

static __always_inline int on_issue(u64 *ctx, bool direct)
{
	return LG_NESTED(begins(lg_request_argument(ctx), word, direct));
}

static __always_inline int on_requeue(u64 *ctx)
{
	return LG_NESTED(gives_back(lg_request_argument(ctx), word));
}

static __always_inline int on_complete(struct request *rq, u32 bytes, bool direct)
{
	return LG_NESTED_END(ends(rq, bytes, word, now, direct));
}

LG_TRACEPOINT(block_rq_issue, on_issue(ctx, direct))
LG_OPT_TRACEPOINT(block_rq_requeue, on_requeue(ctx))
/* The second argument, an error or a status, changed its type in 5.16. */
LG_TRACEPOINT(block_rq_complete, on_complete(rq, bytes, direct), struct request *rq, u64 error,
	      unsigned int bytes)
