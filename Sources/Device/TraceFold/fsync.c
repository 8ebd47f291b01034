/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* fsync.latency: as bpf/fsync.yaml, stamps by thread and file system. */
#include "fold_internal.h"

enum { METRIC = LG_FOLD_FSYNC_LATENCY };

static void entered(struct lg_fold *fold, const struct lg_trace_event *event, lg_u32 state,
		    lg_u32 fs)
{
	lg_fold_start_key(fold, METRIC, fs, event->tid, state, event->time_ns,
			  lg_fold_class(fold, event->tid));
}

static void left(struct lg_fold *fold, const struct lg_trace_event *event, lg_u32 state, lg_u32 fs)
{
	struct lg_fold_span span;

	if (lg_fold_end_key(fold, METRIC, fs, event->tid, state, event->time_ns, &span))
		lg_fold_record(fold, METRIC, lg_fold_key(fs, span.class_), &span);
}

void lg_fold_fsync(struct lg_fold *fold, const struct lg_trace_event *event, lg_u32 state)
{
	switch (event->kind) {
	case LG_EVENT_EXT4_FSYNC_ENTER:
		entered(fold, event, state, LG_FOLD_FS_EXT4);
		break;
	case LG_EVENT_EXT4_FSYNC_EXIT:
		left(fold, event, state, LG_FOLD_FS_EXT4);
		break;
	case LG_EVENT_F2FS_FSYNC_ENTER:
		entered(fold, event, state, LG_FOLD_FS_F2FS);
		break;
	default:
		left(fold, event, state, LG_FOLD_FS_F2FS);
		break;
	}
}
