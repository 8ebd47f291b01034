/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What the block tracepoints pass, over the kernels that changed it. */
#ifndef LATGATE_BLOCK_REQUEST_H
#define LATGATE_BLOCK_REQUEST_H

#include "kernel_block.h"

/*
 * The queue came before the request until 5.11, and the change was
 * backported to some 5.10: the signature is read, not the version. Insert,
 * issue, requeue and merge changed together.
 */
typedef void (*btf_trace_block_rq_issue___queue_first)(void *, struct request_queue *,
						       struct request *);

static __always_inline struct request *lg_request_argument(const u64 *ctx)
{
	struct request *rq;

	if (bpf_core_type_matches(btf_trace_block_rq_issue___queue_first)) {
		rq = (struct request *)ctx[1];
		/* Keeps both loads at constant offsets, as the verifier wants them. */
		barrier_var(rq);
	} else {
		rq = (struct request *)ctx[0];
		barrier_var(rq);
	}
	return rq;
}

enum {
	LG_BLOCK_READ = 0,
	LG_BLOCK_WRITE = 1,
	LG_BLOCK_FLUSH = 2,
	LG_BLOCK_DISCARD = 3,
	LG_BLOCK_OTHER = 4,
};

/* The kernel's number of an operation; its enumeration was req_opf before 6.0. */
#define lg_block_op(name)                                                                          \
	(bpf_core_enum_value_exists(enum req_op, name)                                             \
		 ? bpf_core_enum_value(enum req_op, name)                                          \
		 : bpf_core_enum_value(enum req_opf___old, name##___old))

/* LG_BLOCK_* of the flags of a request or a bio. */
static __always_inline u32 lg_block_op_of(u32 flags)
{
	u32 op = flags & LG_REQ_OP_MASK;

	if (op == lg_block_op(REQ_OP_READ))
		return LG_BLOCK_READ;
	if (op == lg_block_op(REQ_OP_WRITE))
		return LG_BLOCK_WRITE;
	if (op == lg_block_op(REQ_OP_FLUSH))
		return LG_BLOCK_FLUSH;
	return op == lg_block_op(REQ_OP_DISCARD) ? LG_BLOCK_DISCARD : LG_BLOCK_OTHER;
}

static __always_inline u32 lg_request_op(struct request *rq, bool direct)
{
	return lg_block_op_of(lg_read(rq, cmd_flags, direct));
}

static __always_inline u32 lg_request_bytes(struct request *rq, bool direct)
{
	return lg_read(rq, __data_len, direct);
}

static __always_inline u32 lg_dev_of(u32 major, u32 minor)
{
	return major << 20 | (minor & 0xfffff);
}

/* The kernel's dev_t of the whole disk; 0 for a queue without one. */
static __always_inline u32 lg_request_dev(struct request *rq, bool direct)
{
	struct request___rq_disk *old = (void *)rq;
	struct request_queue *queue;
	struct gendisk *disk;

	if (direct) {
		if (bpf_core_field_exists(old->rq_disk))
			disk = old->rq_disk;
		else
			disk = rq->q->disk;
	} else if (bpf_core_field_exists(old->rq_disk)) {
		disk = lg_read_pointer(old, rq_disk);
	} else {
		queue = lg_read_pointer(rq, q);
		disk = lg_read_pointer(queue, disk);
	}
	if (!disk)
		return 0;
	return lg_dev_of(lg_read(disk, major, direct), lg_read(disk, first_minor, direct));
}

#endif
