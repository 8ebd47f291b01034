/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * block.device: as bpf/block.bpf.c, but events name no request. A request is
 * found again by device, operation and first sector, which moves when a part
 * completes. Flushes and driver commands have no sector (0 when issued, -1 when
 * completed): several at once are kept as a stack. A driver that gives one back
 * unseen then leaves a single stamp at the bottom, instead of shifting every
 * later pair by one.
 */
#include "fold_internal.h"

enum {
	METRIC = LG_FOLD_BLOCK_DEVICE,
	MAX_STACK = 255,
	NO_CLASS = LG_CLASS_USER, /* a request belongs to no one task */
};

struct request {
	lg_u64 sector;
	lg_u64 low; /* device, operation and, without a sector, the place in the stack */
};

static struct lg_slot *find(const struct lg_fold *fold, const struct request *rq)
{
	return lg_table_find(&fold->metrics[METRIC].stamps, rq->sector, rq->low);
}

static bool has_sector(const struct lg_trace_event *event)
{
	if (event->block.op == LG_TRACE_OP_FLUSH)
		return false;
	return event->block.op != LG_TRACE_OP_OTHER ||
	       (event->block.sector && event->block.sector != ~(lg_u64)0);
}

/* The key of a request, or of the first free place in its stack; *depth is what is below. */
static struct request request_of(const struct lg_fold *fold, const struct lg_trace_event *event,
				 lg_u32 *depth)
{
	struct request rq = {
		.low = (lg_u64)event->block.dev << 32 | event->block.op << 16,
	};

	*depth = 0;
	if (has_sector(event)) {
		rq.sector = event->block.sector;
		return rq;
	}
	rq.low |= 1 << 8;
	while (*depth < MAX_STACK && find(fold, &rq)) {
		rq.low++;
		++*depth;
	}
	return rq;
}

static void issued(struct lg_fold *fold, const struct lg_trace_event *event, lg_u32 state)
{
	lg_u32 depth;
	struct request rq = request_of(fold, event, &depth);
	struct lg_slot *slot =
		lg_fold_start_key(fold, METRIC, rq.sector, rq.low, state, event->time_ns, NO_CLASS);

	if (slot)
		slot->value = event->block.sectors;
}

/* The rest of the request continues under its new first sector. */
static void advance(struct lg_fold *fold, struct lg_slot *slot, lg_u32 sectors)
{
	struct lg_table *stamps = &fold->metrics[METRIC].stamps;
	struct lg_slot rest = *slot;

	lg_table_remove(stamps, slot);
	slot = lg_table_make(stamps, rest.high + sectors, rest.low);
	if (!slot) {
		lg_fold_cancel(fold, METRIC, &rest.stamp);
		return;
	}
	lg_fold_cancel(fold, METRIC, &slot->stamp);
	slot->stamp = rest.stamp;
	slot->value = rest.value - sectors;
}

static void completed(struct lg_fold *fold, const struct lg_trace_event *event, lg_u32 state)
{
	struct lg_fold_span span;
	struct lg_slot *slot;
	lg_u32 depth;
	struct request rq = request_of(fold, event, &depth);

	if (depth)
		rq.low--;
	slot = find(fold, &rq);
	if (slot && has_sector(event) && event->block.sectors < slot->value) {
		if (event->block.sectors)
			advance(fold, slot, event->block.sectors);
		return;
	}
	/*
	 * A write with a flush goes to the device as a flush and a write; when
	 * both are done it completes once more with nothing left to transfer.
	 */
	if (!slot && !event->block.sectors && event->block.op != LG_TRACE_OP_FLUSH)
		return;
	if (lg_fold_end_key(fold, METRIC, rq.sector, rq.low, state, event->time_ns, &span))
		lg_fold_record(fold, METRIC, lg_fold_key(event->block.dev, event->block.op), &span);
}

/* The driver gave the request back: that time in the device was none. */
static void requeued(struct lg_fold *fold, const struct lg_trace_event *event)
{
	lg_u32 depth;
	struct request rq = request_of(fold, event, &depth);

	if (depth)
		rq.low--;
	lg_fold_cancel_key(fold, METRIC, rq.sector, rq.low);
}

void lg_fold_block(struct lg_fold *fold, const struct lg_trace_event *event, lg_u32 state)
{
	if (event->kind == LG_EVENT_BLOCK_ISSUE)
		issued(fold, event, state);
	else if (event->kind == LG_EVENT_BLOCK_COMPLETE)
		completed(fold, event, state);
	else
		requeued(fold, event);
}
