/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Block layer types; see kernel_types.h. */
#ifndef LATGATE_KERNEL_BLOCK_H
#define LATGATE_KERNEL_BLOCK_H

#include "kernel_types.h"

/* Low byte of cmd_flags is the operation. */
enum { LG_REQ_OP_MASK = 0xff };

enum req_op {
	REQ_OP_READ = 0,
	REQ_OP_WRITE = 1,
	REQ_OP_FLUSH = 2,
	REQ_OP_DISCARD = 3,
};

enum req_opf___old { /* before 6.0 */
		     REQ_OP_READ___old = 0,
		     REQ_OP_WRITE___old = 1,
		     REQ_OP_FLUSH___old = 2,
		     REQ_OP_DISCARD___old = 3,
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct gendisk {
	int major;
	int first_minor;
	char disk_name[32];
};

struct block_device {
	__u32 bd_dev;
	struct gendisk *bd_disk;
};

struct request_queue {
	struct gendisk *disk; /* 5.15 on; earlier the request itself has rq_disk */
};

struct bio;

struct request {
	struct request_queue *q;
	unsigned int cmd_flags;
	unsigned int rq_flags;
	unsigned int __data_len;
	__u64 __sector;
	struct bio *bio;
	struct block_device *part;
};

struct request___rq_disk { /* before 5.17 */
	struct gendisk *rq_disk;
};

#pragma clang attribute pop

#endif
