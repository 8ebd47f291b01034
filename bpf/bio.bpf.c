// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * Block I/O to devices that make no requests of it: device mapper (dm-verity),
 * zram, md. The completion of what becomes a request is not reported as that of a
 * bio: block.bpf.c measures it.
 */
#define LG_METRICS 1
#define LG_NEST_LEVELS 4 /* a completion interrupts a submission */
#include "probe.h"
#include "block_request.h"

enum {
	METRIC_TIME = 0,
	MAX_BIOS = 16384,
	MAX_LABELS = 64,
	NO_CLASS = LG_CLASS_USER, /* a bio belongs to no one task */
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct bio {
	struct block_device *bi_bdev; /* since 5.12 */
	unsigned int bi_opf;
};

struct gendisk___queue {
	struct request_queue *queue;
};

struct request_queue___ops {
	const void *mq_ops; /* NULL where there are no requests */
};

struct bio___disk {
	struct gendisk *bi_disk;
};

#pragma clang attribute pop

/* The queue came before the bio until 5.11. */
typedef void (*btf_trace_block_bio_queue___queue_first)(void *, struct request_queue *,
							struct bio *);

struct bio_key {
	u32 dev;
	u32 op;
};

struct transfer {
	struct lg_stamp stamp;
	struct bio_key label;
};

LG_HIST_LABELS(h_bio_time, struct bio_key, MAX_LABELS);

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_BIOS);
	__type(key, u64);
	__type(value, struct transfer);
} s_bio SEC(".maps");

static __always_inline struct bio *queued_bio(u64 *ctx)
{
	struct bio *bio;

	if (bpf_core_type_matches(btf_trace_block_bio_queue___queue_first)) {
		bio = (struct bio *)ctx[1];
		barrier_var(bio);
	} else {
		bio = (struct bio *)ctx[0];
		barrier_var(bio);
	}
	return bio;
}

static __always_inline struct gendisk *disk_of(struct bio *bio)
{
	struct bio___disk *old = (void *)bio;
	struct block_device *bdev;

	if (bpf_core_field_exists(old->bi_disk))
		return lg_read_pointer(old, bi_disk);
	bdev = lg_read_pointer(bio, bi_bdev);
	return lg_read_pointer(bdev, bd_disk);
}

static __always_inline bool has_requests(struct gendisk *disk)
{
	struct gendisk___queue *of = (void *)disk;
	struct request_queue___ops *queue = lg_read_pointer(of, queue);

	return lg_read_pointer(queue, mq_ops);
}

static __always_inline void queued(struct bio *bio, u32 word)
{
	struct lg_counters *c = lg_metric(METRIC_TIME);
	struct transfer *transfer, fresh = {};
	struct gendisk *disk = disk_of(bio);
	u64 key = (u64)bio;

	if (!c || has_requests(disk))
		return;
	transfer = bpf_map_lookup_elem(&s_bio, &key);
	if (!transfer) {
		if (bpf_map_update_elem(&s_bio, &key, &fresh, BPF_NOEXIST)) {
			if (lg_judged(word))
				c->map_full++;
			return;
		}
		transfer = bpf_map_lookup_elem(&s_bio, &key);
		if (!transfer)
			return;
	}
	/* On its way down a stack the device that it is for may change. */
	transfer->label.dev =
		lg_dev_of(lg_read(disk, major, false), lg_read(disk, first_minor, false));
	transfer->label.op = lg_block_op_of(lg_read(bio, bi_opf, false));
	lg_start(&transfer->stamp, word, bpf_ktime_get_ns(), NO_CLASS, c);
}

static __always_inline void completed(struct bio *bio, u32 word, u64 now)
{
	struct lg_counters *c = lg_metric(METRIC_TIME);
	u64 key = (u64)bio;
	struct transfer *transfer = bpf_map_lookup_elem(&s_bio, &key);
	struct bio_key label;
	struct lg_span span;
	bool judged;

	if (!c)
		return;
	/* To a device with requests, or submitted before the window. */
	if (!transfer)
		return;
	judged = lg_end(&transfer->stamp, word, now, c, &span);
	label = transfer->label;
	bpf_map_delete_elem(&s_bio, &key);
	if (judged)
		lg_record(lg_hist_of(&h_bio_time, &label), &span, c);
}

static __always_inline int on_queue(u64 *ctx)
{
	return LG_NESTED(queued(queued_bio(ctx), word));
}

static __always_inline int on_complete(struct bio *bio)
{
	return LG_NESTED_END(completed(bio, word, now));
}

LG_TRACEPOINT(block_bio_queue, on_queue(ctx))
LG_TRACEPOINT(block_bio_complete, on_complete(bio), struct request_queue *queue, struct bio *bio)
